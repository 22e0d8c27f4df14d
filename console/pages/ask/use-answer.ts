import { useEffect, useRef, useState } from 'preact/hooks'
import { answerTo } from '../../api/ask.ts'
import { wasAborted } from '../../api/gateway.ts'

export type AnswerState = {
  readonly text: string
  readonly expert: string | undefined
  readonly tried: string | undefined
  readonly running: boolean
  readonly firstMs: number | undefined
  readonly totalMs: number | undefined
  readonly problem: unknown
}

const nothing: AnswerState = {
  text: '',
  expert: undefined,
  tried: undefined,
  running: false,
  firstMs: undefined,
  totalMs: undefined,
  problem: undefined,
}

/** The streamed answer to the last question; another question, or leaving the page, cancels it. */
export const useAnswer = () => {
  const [state, setState] = useState(nothing)
  const running = useRef<AbortController | undefined>(undefined)
  const stop = () => running.current?.abort()
  useEffect(() => stop, [])

  const ask = async (question: string, model: string, key: string) => {
    stop()
    const leaving = new AbortController()
    running.current = leaving
    const began = performance.now()
    const update = (part: Partial<AnswerState>) => {
      if (running.current === leaving) setState(before => ({ ...before, ...part }))
    }
    setState({ ...nothing, running: true })
    let text = ''
    try {
      for await (const part of answerTo(question, { model, key, signal: leaving.signal })) {
        if (part.kind === 'routed') update({ expert: part.expert, tried: part.tried })
        else {
          if (text === '') update({ firstMs: performance.now() - began })
          text += part.text
          update({ text })
        }
      }
    } catch (problem) {
      if (!wasAborted(problem)) update({ problem })
    } finally {
      update({ running: false, totalMs: performance.now() - began })
    }
  }
  const clear = () => {
    stop()
    running.current = undefined
    setState(nothing)
  }
  return { ...state, ask, stop, clear }
}

export type AnswerOf = ReturnType<typeof useAnswer>
