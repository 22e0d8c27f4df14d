import { existsSync } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

/** Debian's own, or any other that `CHROMIUM` names. */
const executablePath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  path => path !== '' && existsSync(path),
)

export const noBrowser = executablePath === undefined && 'no Chromium is installed here'

export type Tab = { readonly page: Page; readonly complaints: string[] }

export const startBrowser = (): Promise<Browser> =>
  chromium.launch({ ...(executablePath && { executablePath }), args: ['--no-sandbox'] })

/** A page of its own, which remembers whatever the browser had to complain about. */
export const openTab = async (
  browser: Browser,
  { width = 1280, dark = false }: { width?: number; dark?: boolean } = {},
): Promise<Tab> => {
  const context = await browser.newContext({
    viewport: { width, height: width < 500 ? 844 : 800 },
    colorScheme: dark ? 'dark' : 'light',
  })
  const page = await context.newPage()
  page.setDefaultTimeout(60_000)
  const complaints: string[] = []
  page.on('pageerror', error => complaints.push(String(error)))
  page.on('console', message => {
    if (message.type() === 'error' || message.type() === 'warning') complaints.push(message.text())
  })
  return { page, complaints }
}

export const logIn = async ({ page }: Tab, url: string, key: string) => {
  await page.goto(`${url}/console`)
  await page.getByLabel('Admin key').fill(key)
  await page.getByRole('button', { name: 'Open the console' }).click()
  await page.getByRole('navigation').waitFor()
}
