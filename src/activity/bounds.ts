/** How much of a value is kept. What is over is cut or left out, and counted. Lengths are UTF-16 code units. */
export const bounds = {
  name: 256,
  message: 4_096,
  stack: 8_192,
  json: 16_384,
  jsonDepth: 16,
  logEntries: 100,
  attributes: 128,
  links: 128,
  /** Of one call. */
  scalars: 1_000,
  scalarDepth: 8,
} as const
