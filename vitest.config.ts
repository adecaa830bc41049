import { defineConfig } from 'vitest/config'

const exclude = ['**/node_modules/**', 'dist/**', 'test/support/**', 'test/**/fixtures/**']
const propertyTests = 'test/property/**/*.test.ts'
const backendTests = 'test/backends/**/*.test.ts'
const builtPackageTests = ['test/integration/**/*.test.ts', 'test/package/**/*.test.ts']

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    setupFiles: ['test/support/seed.ts'],
    // Tests about abandoned handles ask for a collection instead of waiting for one.
    execArgv: ['--expose-gc'],
    projects: [
      {
        extends: true,
        test: {
          name: 'source',
          include: ['test/**/*.test.ts'],
          exclude: [...exclude, propertyTests, backendTests, ...builtPackageTests],
          testTimeout: 15_000,
        },
      },
      {
        extends: true,
        test: { name: 'property', include: [propertyTests], exclude, testTimeout: 120_000 },
      },
      {
        extends: true,
        test: {
          name: 'built package',
          include: builtPackageTests,
          exclude,
          testTimeout: 120_000,
          hookTimeout: 180_000,
          globalSetup: ['test/support/require-build.ts'],
        },
      },
      {
        extends: true,
        test: {
          name: 'backends',
          include: [backendTests],
          exclude,
          testTimeout: 120_000,
          hookTimeout: 120_000,
          globalSetup: ['test/support/require-build.ts', 'test/backends/support/install-grafana.ts'],
        },
      },
    ],
  },
})
