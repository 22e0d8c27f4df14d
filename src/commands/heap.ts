import { setFlagsFromString } from 'node:v8'

/** By how much the heap grows before V8 looks what is still used; by itself it lets a small one grow to several times its size. */
const GROWING_PERCENT = 30

/** Of this process's heap and its workers': garbage of changes and requests is collected before it is as much as what is kept. */
export const keepHeapsSmall = () => setFlagsFromString(`--heap-growing-percent=${GROWING_PERCENT}`)
