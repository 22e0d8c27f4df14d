/** `1 expert`, `2 experts`. */
export const counted = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`
