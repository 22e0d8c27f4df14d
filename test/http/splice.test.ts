import { expect, test } from 'vitest'
import { withFirst, withMember } from '../../src/http/openai/splice.ts'

const replaced = (json: string) => withMember(Buffer.from(json), 'model', 'new').toString()

test.each([
  ['{"model":"a"}', '{"model":"new"}'],
  [' { "a" : [1,{"model":"x"}] , "model" : "a" } ', ' { "a" : [1,{"model":"x"}] , "model" : "new" } '],
  ['{"a":"\\"model\\":\\\\","model":null}', '{"a":"\\"model\\":\\\\","model":"new"}'],
  ['{"model":"a","model":"b"}', '{"model":"new","model":"new"}'],
  ['{"mod\\u0065l":"a"}', '{"mod\\u0065l":"new"}'],
  ['{"model":"a","z":1,"mod\\u0065l":"b"}', '{"model":"new","z":1,"mod\\u0065l":"new"}'],
  ['{"model":"a","z":{"model":1},"model":"b"}', '{"model":"new","z":{"model":1},"model":"new"}'],
  ['{"seed":9007199254740993,"model":1.5e3,"z":true}', '{"seed":9007199254740993,"model":"new","z":true}'],
  ['{"model":{"deep":["]","}"]},"z":"é漢"}', '{"model":"new","z":"é漢"}'],
  ['{"z":1}', '{"model":"new",'.concat('"z":1}')],
  ['{}', '{"model":"new"}'],
])('%s keeps everything but the model', (json, expected) => {
  expect(replaced(json)).toBe(expected)
  expect(JSON.parse(replaced(json)).model).toBe('new')
})

test('a member is put in after the first brace, with a comma where one is needed', () => {
  expect(withFirst(Buffer.from(' {"a":1}'), '"coe":{}').toString()).toBe(' {"coe":{},"a":1}')
  expect(withFirst(Buffer.from('{ }'), '"coe":{}').toString()).toBe('{"coe":{} }')
})

test('any JSON object survives the replacement of its model', () => {
  let seed = 7
  const random = () => {
    seed = (seed * 16807) % 2147483647
    return seed / 2147483647
  }
  const pick = <T>(...options: T[]): T => options[Math.floor(random() * options.length)] as T
  const value = (depth: number): unknown =>
    depth === 0
      ? pick<unknown>('"', '\\', '{"model":', 'é\n', 0, -1.5e-7, true, null, '')
      : pick<unknown>(
          [value(depth - 1), value(depth - 1)],
          { [pick('model', 'a"', 'b\\')]: value(depth - 1) },
          value(0),
        )
  for (let i = 0; i < 2_000; i++) {
    const object: Record<string, unknown> = { [pick('x', 'y"')]: value(3), model: value(2), z: value(3) }
    const json = JSON.stringify(object, null, pick(0, 2))
    expect(JSON.parse(replaced(json))).toEqual({ ...object, model: 'new' })
  }
})
