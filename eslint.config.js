import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'

// Biome does the linting; only the rules about promises need type information, which it does not have.
export default defineConfig(
  { ignores: ['**/dist/**', '**/fixtures/**', '.cache/**', 'coverage/**'] },
  {
    files: ['{src,test,bench,examples,scripts}/**/*.{ts,tsx,mts}'],
    languageOptions: {
      parser: tseslint.parser,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/return-await': ['error', 'error-handling-correctness-only'],
    },
  },
)
