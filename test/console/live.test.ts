import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { logIn, noBrowser, openTab, startBrowser } from './browser.ts'
import { ADMIN_KEY, startFakeAdmin } from './fake-admin.ts'

/** A hundred decisions a second, some seconds long. */
const SECONDS = 3

describe.skipIf(noBrowser !== false)(noBrowser === false ? 'Live' : `not tested, as ${noBrowser}`, () => {
  let browser: Browser
  beforeAll(async () => {
    browser = await startBrowser()
  })
  afterAll(async () => {
    await browser.close()
  })

  test('a hundred decisions a second are shown in a bounded page, and stand still when told', async () => {
    await using gateway = await startFakeAdmin()
    const tab = await openTab(browser)
    const { page, complaints } = tab
    await logIn(tab, gateway.url, ADMIN_KEY)
    await page.getByRole('link', { name: 'Live' }).click()
    await page.getByText('0 shown').waitFor()
    gateway.decide(1_000)
    const devtools = await page.context().newCDPSession(page)
    await devtools.send('Performance.enable', { timeDomain: 'threadTicks' })
    const busy = async () => {
      const { metrics } = await devtools.send('Performance.getMetrics')
      return metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? 0
    }
    const before = await busy()
    for (let i = 0; i < SECONDS * 10; i++) {
      gateway.decide(10)
      await new Promise(resolve => setTimeout(resolve, 100))
    }
    // The thread's own time. Measured: 0.06 to 0.16 s a second on a busy machine. With all of 500 rows in the page, frames took a second.
    expect((await busy()) - before).toBeLessThan(SECONDS * 0.4)
    // 500 are shown long before all have come: what is still on its way would wait when the page stands still.
    gateway.decide(1, { question: 'the last of them' })
    await page.getByText('the last of them').waitFor()
    await page.getByText('500 shown').waitFor()
    expect(await page.locator('tbody tr').count()).toBeLessThan(80)

    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByText('standing still').waitFor()
    const first = () => page.locator('tbody tr').first().textContent()
    const stood = await first()
    gateway.decide(5)
    await page.getByText('5 more wait').waitFor()
    expect(await first()).toBe(stood)
    await page.getByRole('button', { name: 'Go on' }).click()
    await expect.poll(first).not.toBe(stood)
    expect(complaints).toEqual([])
  })

  test('who reads further down keeps the rows in sight while new ones come', async () => {
    await using gateway = await startFakeAdmin()
    const tab = await openTab(browser)
    const { page } = tab
    await logIn(tab, gateway.url, ADMIN_KEY)
    gateway.decide(100)
    await page.getByRole('link', { name: 'Live' }).click()
    await page.getByText('100 shown').waitFor()
    const box = page.locator('.rows')
    await box.evaluate(element => element.scrollTo({ top: 27 * 40 }))
    await page.locator('tr[aria-rowindex="45"]').waitFor()
    const placeOf = (record: number) =>
      page.evaluate(
        at => document.querySelector(`tr[aria-rowindex="${at}"]`)?.getBoundingClientRect().top,
        record,
      )
    const place = await placeOf(50)
    gateway.decide(30)
    await page.getByText('130 shown').waitFor()
    expect(await placeOf(80)).toBe(place)
  })

  test('what is decided while the page asks for the last ones is shown once, not twice', async () => {
    await using gateway = await startFakeAdmin({ decidesWhenAsked: 3 })
    const tab = await openTab(browser)
    const { page } = tab
    await logIn(tab, gateway.url, ADMIN_KEY)
    await page.getByRole('link', { name: 'Live' }).click()
    await page.getByText(/[1-9] shown/).waitFor()
    gateway.decide(1)
    await page.getByText('4 shown').waitFor()
  })

  test('a stream that breaks off is taken up again, and what came meanwhile is there', async () => {
    await using gateway = await startFakeAdmin()
    const tab = await openTab(browser)
    const { page } = tab
    await logIn(tab, gateway.url, ADMIN_KEY)
    await page.getByRole('link', { name: 'Live' }).click()
    await page.getByText('0 shown').waitFor()
    gateway.hangUp()
    gateway.decide(7)
    await page.getByText('7 shown').waitFor()
    gateway.decide(1)
    await page.getByText('8 shown').waitFor()
  })
})
