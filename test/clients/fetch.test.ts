import { type EventSourceMessage, EventSourceParserStream } from 'eventsource-parser/stream'
import { expect, test } from 'vitest'
import { ask } from '../support/gateway.ts'
import { QUESTION, useGateway } from './gateway.ts'

const place = useGateway()

/** A stream read as a web page would. */
const listen = async (model: string, headers: Record<string, string> = {}) => {
  const response = await fetch(`${place.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(ask(QUESTION, { model, stream: true })),
  })
  const events: EventSourceMessage[] = []
  const decoded = response.body?.pipeThrough(new TextDecoderStream() as never)
  const parsed = decoded?.pipeThrough(new EventSourceParserStream()) as AsyncIterable<EventSourceMessage>
  for await (const event of parsed) events.push(event)
  return { response, events }
}

const textIn = (events: EventSourceMessage[]) =>
  events
    .filter(({ data }) => data !== '[DONE]')
    .map(({ data }) => JSON.parse(data).choices?.[0]?.delta?.content ?? '')
    .join('')

test('a stream is events of JSON and a [DONE], with the record on the first and in the headers', async () => {
  const { response, events } = await listen('auto')
  expect(response.headers.get('content-type')).toMatch(/^text\/event-stream/)
  expect(response.headers.get('cache-control')).toBe('no-cache')
  expect(textIn(events)).toBe(`You asked: ${QUESTION}`)
  expect(events.at(-1)?.data).toBe('[DONE]')
  const records = events.slice(0, -1).map(({ data }) => JSON.parse(data).coe)
  expect(records[0]).toMatchObject({ task: response.headers.get('x-coe-task'), expert: 'fluent' })
  expect(records.slice(1).every(record => record === undefined)).toBe(true)
})

test('who does not want the record in the stream gets it in the headers alone', async () => {
  const { response, events } = await listen('auto', { 'x-coe-body': 'off' })
  expect(response.headers.get('x-coe-task')).toBe('operate')
  expect(events.some(({ data }) => data.includes('"coe"'))).toBe(false)
  expect(textIn(events)).toBe(`You asked: ${QUESTION}`)
})

test('a stream that breaks off ends with an error event and no [DONE]', async () => {
  const { events } = await listen('expert/cut')
  expect(JSON.parse(events.at(-1)?.data ?? '').error).toMatchObject({ code: 'expert_truncated' })
  expect(events.some(({ data }) => data === '[DONE]')).toBe(false)
})

test('an error before the first word is a status and a JSON body, also where a stream was asked for', async () => {
  const response = await fetch(`${place.baseURL}/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ask(QUESTION, { model: 'expert/status-503', stream: true })),
  })
  expect(response.status).toBe(503)
  expect(response.headers.get('content-type')).toMatch(/^application\/json/)
  expect(await response.json()).toMatchObject({ error: { message: expect.stringContaining('503') } })
})
