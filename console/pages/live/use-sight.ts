import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { DecisionRecord } from '../../api/types.ts'

/** Every row's height; the style sheet keeps to it. */
export const ROW_PX = 27
/** Rows kept beyond what is seen, so that a key or a flick finds them there. */
const AROUND = 10

/** Which of the rows are in sight of a scrolled box. Who has scrolled down keeps seeing the same rows as new ones come. */
export const useSight = (rows: readonly DecisionRecord[]) => {
  const box = useRef<HTMLDivElement>(null)
  const [top, setTop] = useState(0)
  /** The record at the upper edge. */
  const highest = useRef<number | undefined>(undefined)

  useLayoutEffect(() => {
    const element = box.current
    if (element === null) return
    const moved = rows.findIndex(({ seq }) => seq === highest.current) - placeOf(element)
    if (element.scrollTop > 0 && moved > 0) element.scrollTop += moved * ROW_PX
    highest.current = rows[placeOf(element)]?.seq
  }, [rows])

  const scrolled = (event: Event & { currentTarget: HTMLElement }) => {
    highest.current = rows[placeOf(event.currentTarget)]?.seq
    setTop(event.currentTarget.scrollTop)
  }
  const at = Math.floor(top / ROW_PX)
  return {
    box,
    first: Math.max(0, Math.min(at, rows.length) - AROUND),
    last: Math.min(rows.length, at + Math.ceil((box.current?.clientHeight ?? 800) / ROW_PX) + AROUND),
    scrolled,
  }
}

const placeOf = ({ scrollTop }: HTMLElement) => Math.floor(scrollTop / ROW_PX)
