import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { says, startExpert } from '../support/expert-server.ts'
import { ask, mapOf, remote, startGateway } from '../support/gateway.ts'
import { logIn, noBrowser, openTab, startBrowser, type Tab } from './browser.ts'
import { hardToRead } from './contrast.ts'

const ADMIN_KEY = 'planted-admin-key'
const environment = { COE_ADMIN_KEY: ADMIN_KEY, COE_API_KEYS: 'chatbot:client-key', LOG_QUESTIONS: 'true' }
const HOSTILE = '<img src=x onerror="document.title=\'broken into\'"> disk is full'

const everyPage = [
  'ask',
  'live',
  'map',
  'map/edit',
  'map/candidate',
  'map/history',
  'experts',
  'context',
  'context/contradictions',
  'context/duplicates',
  'context/corrections',
  'context/add',
]

const button = (page: Page, name: string) => page.getByRole('button', { name, exact: true })

const go = (page: Page, path: string) =>
  page.evaluate(hash => {
    location.hash = hash
  }, `#/${path}`)

/** Two experts that say who they are, and a map that prefers the first. */
const startHouse = async () => {
  const a = await startExpert(says('this is a'))
  const b = await startExpert(says('this is b'))
  const scores = {
    a: {
      build: { accuracy: 0.8, n: 50 },
      deploy: { accuracy: 0.6, n: 50 },
      operate: { accuracy: 0.9, n: 50 },
    },
    b: {
      build: { accuracy: 0.7, n: 50 },
      deploy: { accuracy: 0.65, n: 50 },
      operate: { accuracy: 0.5, n: 50 },
    },
  }
  const map = mapOf({ a: remote(a.url), b: remote(b.url) }, { scores })
  // Each order written out, not as an alias of the first one's: a person changes one of them.
  const written = JSON.parse(JSON.stringify(map)) as typeof map
  const gateway = await startGateway(written, environment)
  return {
    gateway,
    async [Symbol.asyncDispose]() {
      await gateway[Symbol.asyncDispose]()
      await a[Symbol.asyncDispose]()
      await b[Symbol.asyncDispose]()
    },
  }
}

const askIn = async ({ page }: Tab, question: string) => {
  await go(page, 'ask')
  await page.getByLabel('Client key').fill('client-key')
  await page.getByLabel('Question').fill(question)
  await button(page, 'Ask').click()
}

describe.skipIf(noBrowser !== false)(
  noBrowser === false ? 'in a browser' : `not tested, as ${noBrowser}`,
  () => {
    let browser: Browser
    let house: Awaited<ReturnType<typeof startHouse>>
    beforeAll(async () => {
      browser = await startBrowser()
      house = await startHouse()
    })
    afterAll(async () => {
      await browser.close()
      await house[Symbol.asyncDispose]()
    })

    test('an operator logs in, asks, changes the map, sees the decision change, and takes it back', async () => {
      const { gateway } = house
      const tab = await openTab(browser)
      const { page, complaints } = tab

      await page.goto(`${gateway.url}/console`)
      await page.getByLabel('Admin key').fill('not-the-key')
      await button(page, 'Open the console').click()
      await page.getByRole('alert').getByText('The admin key is missing or wrong').waitFor()
      await page.getByLabel('Admin key').fill(ADMIN_KEY)
      await button(page, 'Open the console').click()

      await askIn(tab, 'the disk of the database server is full')
      await page.getByText('this is a').waitFor()
      await page.getByText('disk is full on the database server, what can I delete').waitFor()
      expect(await page.locator('.outcome').textContent()).toMatch(/operate.*→a$/)

      await go(page, 'map/edit')
      const source = page.getByLabel('The map’s text')
      await expect.poll(() => source.inputValue()).toContain('experts')
      const before = await source.inputValue()
      await source.fill(`${before}nonsense: true\n`)
      await page.getByRole('button', { name: /^Line \d+/ }).waitFor()
      await expect.poll(() => button(page, 'Activate…').isDisabled()).toBe(true)

      const swapped = before.replace(/(operate:[\s\S]*?experts:\s*\n\s*- )a(\n\s*- )b/, '$1b$2a')
      expect(swapped).not.toBe(before)
      await source.fill(swapped)
      await page.getByText('1 of 1 would go elsewhere').waitFor()
      await button(page, 'Activate…').click()
      await page.getByLabel('Why').fill('b was measured again')
      await button(page, 'Activate').click()
      await page
        .getByRole('status')
        .getByText(/Version \w+ is served/)
        .waitFor()

      await askIn(tab, 'the disk of the database server is full')
      await page.getByText('this is b').waitFor()

      await go(page, 'map/history')
      await page.getByText('b was measured again').waitFor()
      await button(page, 'Compare').click()
      await page.locator('.diff .added').first().waitFor()
      await button(page, 'Roll back…').click()
      await page.getByLabel('Why').fill('b is worse after all')
      await button(page, 'Roll back').click()
      await page.getByText('is served again').waitFor()

      await askIn(tab, 'the disk of the database server is full')
      await page.getByText('this is a').waitFor()
      expect(page.url()).not.toMatch(/key|disk/)
      expect(complaints.filter(text => !text.includes('401') && !text.includes('422'))).toEqual([])
    })

    test('what a stranger asked is shown as text, at once, and its whole record with a click', async () => {
      const tab = await openTab(browser)
      const { page, complaints } = tab
      await logIn(tab, house.gateway.url, ADMIN_KEY)
      await go(page, 'live')
      await page.getByText(/\d shown/).waitFor()
      const asked = await house.gateway.post('/v1/chat/completions', ask(HOSTILE), {
        headers: { 'content-type': 'application/json', authorization: 'Bearer client-key' },
      })
      await page.getByRole('cell', { name: HOSTILE }).click()
      const record = page.getByRole('complementary')
      await record.getByText(asked.headers.get('x-request-id') ?? '').waitFor()
      await record.getByText('chatbot').waitFor()
      await page.keyboard.press('Escape')
      await record.waitFor({ state: 'detached' })
      await page.getByLabel('Task').selectOption('build')
      await page.getByText('0 shown').waitFor()

      await askIn(tab, HOSTILE)
      await page.getByText('this is a').waitFor()
      expect(await page.title()).toBe('Ask · coe-ops')
      expect(await page.locator('img').count()).toBe(0)
      expect(complaints).toEqual([])
    })

    test('an example is added, found again and relabelled', async () => {
      const tab = await openTab(browser)
      const { page, complaints } = tab
      await logIn(tab, house.gateway.url, ADMIN_KEY)
      await go(page, 'context/add')
      await page.getByLabel('Question').fill('the volume of the ledger has no space left')
      await page.getByLabel('Task').selectOption('deploy')
      await button(page, 'Add').click()
      await page.getByText('The example is added.').waitFor()
      await go(page, 'context')
      await page.getByLabel('Words in the question').fill('ledger')
      await page.getByText('1 to 1 of 1').waitFor()
      await page.getByRole('combobox', { name: /^Task of/ }).selectOption('operate')
      await button(page, 'Relabel').click()
      await page.getByText('It is of operate now.').waitFor()
      await page.getByRole('listitem').getByText('operate', { exact: true }).first().waitFor()
      expect(complaints).toEqual([])
    })

    test('a task that a client corrected becomes an example when a person agrees', async () => {
      const headers = { 'content-type': 'application/json', authorization: 'Bearer client-key' }
      const answer = await house.gateway.post('/v1/chat/completions', ask('disk is full'), { headers })
      const opinion = {
        request_id: answer.headers.get('x-request-id'),
        rating: 'bad',
        correct_task: 'deploy',
      }
      await house.gateway.post('/v1/feedback', opinion, { headers })
      const tab = await openTab(browser)
      const { page, complaints } = tab
      await logIn(tab, house.gateway.url, ADMIN_KEY)
      await go(page, 'context/corrections')
      await page.getByText('corrected to deploy').waitFor()
      await button(page, 'Agree: add to deploy').click()
      await page.getByText('The example is added.').waitFor()
      expect(complaints).toEqual([])
    })

    test('a candidate is tried in the shadow, given a share, and dropped', async () => {
      const tab = await openTab(browser)
      const { page, complaints } = tab
      await logIn(tab, house.gateway.url, ADMIN_KEY)
      await go(page, 'map/edit')
      const source = page.getByLabel('The map’s text')
      await source.fill(
        (await source.inputValue()).replaceAll(
          'experts:\n      - a\n      - b',
          'experts:\n      - b\n      - a',
        ),
      )
      await button(page, 'Try in the shadow').click()
      await page.getByLabel('Why').fill('is b any better?')
      await button(page, 'Try it').click()
      await page.getByText('It decides in the shadow').waitFor()
      await askIn(tab, 'the disk of the database server is full')
      await page.getByText('this is a').waitFor()
      await go(page, 'map/candidate')
      await page.getByText('1 questions: 0 the same, 1 otherwise').waitFor()
      await page.getByLabel('Percent of conversations').fill('25')
      await button(page, 'Let it decide these').click()
      await page.getByText('It decides 25 % of the conversations.').waitFor()
      await button(page, 'Drop…').click()
      await button(page, 'Drop it').click()
      await page.getByText('There is no candidate.').waitFor()
      expect(complaints).toEqual([])
    })

    test('every page can be read in light and dark, wide and narrow', async () => {
      await house.gateway.post('/v1/chat/completions', ask('disk is full'), {
        headers: { 'content-type': 'application/json', authorization: 'Bearer client-key' },
      })
      for (const look of [{ width: 1280 }, { width: 390, dark: true }]) {
        const tab = await openTab(browser, look)
        const { page, complaints } = tab
        await logIn(tab, house.gateway.url, ADMIN_KEY)
        for (const path of everyPage) {
          await go(page, path)
          await page.getByRole('heading', { level: 1, name: path.replace(/\/.*/, '') }).waitFor()
          await page.waitForFunction(() => !document.body.textContent?.includes('Loading…'))
          const told = `${path} at ${look.width}`
          expect([told, await hardToRead(page)]).toEqual([told, []])
          const beyond = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth)
          expect([told, beyond]).toEqual([told, 0])
        }
        expect(complaints).toEqual([])
      }
    })

    test('the keyboard alone is enough to log in, ask and drain an expert', async () => {
      const { page } = await openTab(browser)
      const tabTo = async (name: string) => {
        for (let i = 0; i < 40; i++) {
          await page.keyboard.press('Tab')
          const label = await page.evaluate(
            () =>
              (document.activeElement as HTMLInputElement).labels?.[0]?.textContent ??
              document.activeElement?.textContent,
          )
          if (label === name) return
        }
        throw new Error(`Tab does not lead to ${name}.`)
      }
      await page.goto(`${house.gateway.url}/console`)
      await page.waitForFunction(() => document.activeElement?.id === 'key')
      await page.keyboard.type(ADMIN_KEY)
      await page.keyboard.press('Enter')
      await page.getByRole('navigation').waitFor()
      await tabTo('Question')
      await page.keyboard.type('the disk of the database server is full')
      await tabTo('Decide only')
      await page.keyboard.press('Enter')
      await page.locator('.outcome').waitFor()
      await page.keyboard.press('Home')
      await page.evaluate(() => (document.activeElement as HTMLElement).blur())
      await tabTo('Experts')
      await page.keyboard.press('Enter')
      await page.getByRole('heading', { name: 'works a' }).waitFor()
      await tabTo('Drain…')
      await page.keyboard.press('Enter')
      await page.getByRole('dialog').waitFor()
      await tabTo('Drain')
      await page.keyboard.press('Enter')
      await page.getByText('a takes nothing new').waitFor()
    })
  },
)
