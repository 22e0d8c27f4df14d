import type { Page } from 'playwright-core'

/**
 * Text of the page that is harder to read than WCAG AA allows: with the ratio it has. Backgrounds are laid over each
 * other from the page's own on; what is disabled does not count.
 */
export const hardToRead = (page: Page): Promise<string[]> =>
  page.evaluate(() => {
    type Colour = readonly [number, number, number, number]
    const parse = (text: string): Colour => {
      const numbers = (text.match(/-?[\d.]+(?:e-?\d+)?/g) ?? []).map(Number)
      const scale = text.startsWith('color(') ? 1 : 255
      const [r = 0, g = 0, b = 0, a = 1] = numbers
      return [r / scale, g / scale, b / scale, a]
    }
    const over = ([r, g, b, a]: Colour, [r2, g2, b2]: Colour): Colour => [
      r * a + r2 * (1 - a),
      g * a + g2 * (1 - a),
      b * a + b2 * (1 - a),
      1,
    ]
    const behind = (element: Element | null): Colour => {
      if (element === null) return [1, 1, 1, 1]
      const own = parse(getComputedStyle(element).backgroundColor)
      return own[3] === 1 ? own : over(own, behind(element.parentElement))
    }
    const luminance = (colour: Colour) => {
      const linear = colour.slice(0, 3).map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
      return 0.2126 * linear[0]! + 0.7152 * linear[1]! + 0.0722 * linear[2]!
    }
    const ratio = (a: Colour, b: Colour) => {
      const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y) as [number, number]
      return (light + 0.05) / (dark + 0.05)
    }
    const textOf = (element: Element) =>
      [...element.childNodes]
        .filter(node => node.nodeType === Node.TEXT_NODE)
        .map(node => node.textContent?.trim())
        .join(' ')
        .trim()
    const counts = (element: Element) =>
      textOf(element) !== '' && !element.closest(':disabled, option, .hidden') && element.checkVisibility()
    const allowed = ({ fontSize, fontWeight }: CSSStyleDeclaration) =>
      Number.parseFloat(fontSize) >= (Number(fontWeight) >= 700 ? 18.66 : 24) ? 3 : 4.5
    return [...document.querySelectorAll('body *')].filter(counts).flatMap(element => {
      const style = getComputedStyle(element)
      const has = ratio(over(parse(style.color), behind(element)), behind(element))
      return has < allowed(style) ? [`${has.toFixed(2)}: ${textOf(element).slice(0, 40)}`] : []
    })
  })
