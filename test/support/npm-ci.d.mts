/** @returns why it cannot be had, if so */
export function npmCi(folder: string, what: string): string | undefined
