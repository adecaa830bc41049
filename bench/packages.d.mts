/** Both lines of the SDK have these shapes. */
export interface Packages {
  underway(): Promise<typeof import('underway')>
  testing(): Promise<typeof import('underway/testing')>
  api(): Promise<typeof import('@opentelemetry/api')>
  sdk(): Promise<typeof import('@opentelemetry/sdk-trace')>
  metrics(): Promise<typeof import('@opentelemetry/sdk-metrics')>
  contextManagers(): Promise<typeof import('@opentelemetry/context-async-hooks')>
}
export const packages: Packages
