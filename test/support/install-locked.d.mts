/** @returns why it cannot be had, if so */
export function installLocked(folder: string, timeoutMillis?: number): string | undefined
export function copyPackageTo(folder: string): void
