/** Bytes that the threads of preparing look at without a copy: a large context's are most of its memory. */
export const sharedBytes = (length: number) => new SharedArrayBuffer(length)
