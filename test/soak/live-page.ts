import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

/** What the page did since it was last asked. */
export type Seen = { readonly frames: number; readonly longTasks: number; readonly longestMs: number }

const COUNTING = `
  window.seen = { frames: 0, longTasks: 0, longestMs: 0 }
  const frame = () => { window.seen.frames++; requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
  new PerformanceObserver(list => {
    for (const { duration } of list.getEntries()) {
      window.seen.longTasks++
      window.seen.longestMs = Math.max(window.seen.longestMs, duration)
    }
  }).observe({ type: 'longtask' })
`

/** The console's Live in a real browser; undefined where there is none. */
export const openLive = async (url: string, key: string) => {
  const known = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome']
  const executablePath = known.find(path => path !== '' && existsSync(path))
  if (executablePath === undefined) return undefined
  const browser: Browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] })
  const page: Page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  await page.goto(`${url}/console`)
  await page.getByLabel('Admin key').fill(key)
  await page.getByRole('button', { name: 'Open the console' }).click()
  await page.getByRole('link', { name: 'Live' }).click()
  await page.getByText(/\d+ shown/).waitFor()
  await page.evaluate(COUNTING)
  return {
    complaints,
    seen: () =>
      page.evaluate<Seen>(
        '(() => { const seen = { ...window.seen }; Object.assign(window.seen, { frames: 0, longTasks: 0, longestMs: 0 }); return seen })()',
      ),
    said: () => page.locator('main').innerText(),
    close: () => browser.close(),
  }
}
