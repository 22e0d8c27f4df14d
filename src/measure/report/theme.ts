/** Colours are variables of the page, so that one picture serves light, dark and paper. */

export const ink = 'var(--ink)'
export const soft = 'var(--soft)'
export const line = 'var(--line)'
export const paper = 'var(--paper)'
export const marked = 'var(--c0)'
export const plain = 'var(--many)'

/** Told apart by every kind of colour vision (Okabe and Ito); lines also differ by dashes and marks. */
export const hues = Array.from({ length: 7 }, (_, i) => `var(--c${i})`)

const STEPS = 6

/** The stronger the colour, the larger the share; and what can be read on it. */
export const shade = (share: number, ramp: 'r' | 'w' = 'r') => {
  const step = Math.max(0, Math.min(STEPS - 1, Math.floor(share * STEPS)))
  return { fill: `var(--${ramp}${step})`, text: step > 3 ? 'var(--on)' : ink }
}

export const label = (size = 12) => ({ color: soft, fontSize: size })
/** Models of one family differ at their end. */
export const short = (name: string, most: number) => {
  const tail = Math.floor(most * 0.4)
  return name.length > most ? `${name.slice(0, most - 1 - tail)}…${name.slice(-tail)}` : name
}

export const percentAxis = {
  axisLabel: { ...label(), formatter: (value: number) => `${Math.round(value * 100)} %` },
  splitLine: { lineStyle: { color: line } },
  axisLine: { show: false },
  axisTick: { show: false },
} as const

const light = `--paper: #fff; --ink: #1b1f24; --soft: #4f5963; --line: #d5dae0; --cell: #f2f4f6; --on: #fff; --many: #8b97a4;
  --c0: #0072b2; --c1: #d55e00; --c2: #00825e; --c3: #b3578c; --c4: #a87200; --c5: #3489c4; --c6: #1b1f24;
  --r0: #edf3fa; --r1: #cfe0f2; --r2: #a3c5e6; --r3: #6fa6d6; --r4: #1f639f; --r5: #0b4a80;
  --w0: #fdf0e6; --w1: #f9d9bf; --w2: #f2b98c; --w3: #e8935a; --w4: #a94408; --w5: #8a3604;`
const dark = `--paper: #14181d; --ink: #e6e9ec; --soft: #a9b3bd; --line: #343c46; --cell: #1f252c; --on: #0c1116; --many: #77838f;
  --c0: #56b4e9; --c1: #f08a3c; --c2: #35c79a; --c3: #e39bc4; --c4: #e6b43c; --c5: #8fa8ff; --c6: #e6e9ec;
  --r0: #1a2530; --r1: #1e3850; --r2: #24506f; --r3: #2c6488; --r4: #7db8e2; --r5: #b5dbf5;
  --w0: #2a211a; --w1: #47301d; --w2: #663f1c; --w3: #84501b; --w4: #eaa060; --w5: #f7c79c;`

export const style = `
:root { color-scheme: light dark; ${light} }
@media (prefers-color-scheme: dark) { :root { ${dark} } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
main { max-width: 1200px; margin: 0 auto; padding: 32px 24px 64px }
h1 { font-size: 26px; line-height: 1.25; margin: 0; overflow-wrap: anywhere } h2 { font-size: 19px; margin: 36px 0 6px }
p { margin: 0 0 12px; max-width: 72ch } .lead, p, .tile span { color: var(--soft) }
.tiles { display: flex; flex-wrap: wrap; gap: 12px; margin-top: 20px }
.tile { border: 1px solid var(--line); border-radius: 8px; padding: 10px 16px; display: grid }
.tile b { font-size: 24px } .chart { overflow-x: auto; margin-bottom: 12px } .narrow { display: none }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 14px }
th, td { padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap }
th { font-weight: 600; white-space: normal; vertical-align: bottom } .w { text-align: left } td.w:not(:first-child) { white-space: normal; min-width: 18ch; max-width: 60ch }
ul { margin: 0; padding-left: 20px; max-width: 72ch }
svg { display: block; font-family: system-ui, sans-serif }
@media (max-width: 767px) { main { padding: 20px 16px 48px } .wide { display: none } .narrow { display: block }
  td:first-child { white-space: normal; min-width: 14ch } }
@page { margin: 14mm }
@media print { :root { color-scheme: light; ${light} } main { padding: 0; max-width: none } .chart { overflow: visible }
  .wide { display: block } .narrow { display: none } svg { max-width: 100%; height: auto }
  table { font-size: 11px } th, td { white-space: normal; padding-right: 8px }
  h2, section > p { break-after: avoid } svg, tr { break-inside: avoid } * { print-color-adjust: exact; -webkit-print-color-adjust: exact } }
`
