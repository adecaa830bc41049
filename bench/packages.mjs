// What the variants are built from. This file is copied beside the 2.x SDK, so that its imports are resolved there.
export const packages = {
  underway: () => import('underway'),
  testing: () => import('underway/testing'),
  api: () => import('@opentelemetry/api'),
  sdk: () => import('@opentelemetry/sdk-trace'),
  metrics: () => import('@opentelemetry/sdk-metrics'),
  contextManagers: () => import('@opentelemetry/context-async-hooks'),
}
