/** How a function of an activity settled. */
export type Settled = { readonly threw: false } | { readonly threw: true; readonly error: unknown }
export const returned: Settled = Object.freeze({ threw: false })

/**
 * In place of the number of functions, where the last one settled but the stack had no room for the end. Noting it takes
 * no call and no allocation, which might fail too; the end follows as soon as there is room.
 */
export const unsettled = { threw: -1, returned: -2 } as const
