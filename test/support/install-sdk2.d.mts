export const sdk2Folder: string
/** @returns why it cannot be had, if so */
export function installSdk2(): string | undefined
export function copyPackageToSdk2(): void
