import { expect, test } from 'vitest'
import {
  accuracyOf,
  aurocOf,
  binsOf,
  byTaskOf,
  confusionOf,
  eceOf,
  macroF1Of,
  quantileOf,
} from '../../src/measure/scores.ts'

const pairs = [
  ['build', 'build'],
  ['build', 'build'],
  ['build', 'deploy'],
  ['deploy', 'deploy'],
  ['operate', 'deploy'],
].map(([truth = '', task = '']) => ({ truth, task }))

test('accuracy is the share decided right', () => {
  expect(accuracyOf(pairs)).toBe(0.6)
  expect(accuracyOf([])).toBe(0)
})

test('confusion counts what was decided for each truth', () => {
  expect(confusionOf(pairs)).toEqual({
    build: { build: 2, deploy: 1 },
    deploy: { deploy: 1 },
    operate: { deploy: 1 },
  })
})

test('recall, precision and F1 of each task are those computed by hand', () => {
  const scores = byTaskOf(confusionOf(pairs))
  expect(scores.build).toEqual({ n: 3, recall: 2 / 3, precision: 1, f1: 0.8 })
  expect(scores.deploy).toEqual({ n: 1, recall: 1, precision: 1 / 3, f1: 0.5 })
  expect(scores.operate).toEqual({ n: 1, recall: 0, precision: null, f1: 0 })
  expect(macroF1Of(scores)).toBeCloseTo((0.8 + 0.5 + 0) / 3, 12)
})

test('calibration error is the weighted gap between confidence and share right', () => {
  const bins = binsOf([
    { confidence: 0.9, right: true },
    { confidence: 0.9, right: false },
    { confidence: 0.3, right: false },
    { confidence: 1, right: true },
  ])
  expect(bins.map(({ n }) => n)).toEqual([1, 2, 1])
  // (1 * |0.3 - 0| + 2 * |0.9 - 0.5| + 1 * |1 - 1|) / 4
  expect(eceOf(bins)).toBeCloseTo((0.3 + 0.8 + 0) / 4, 12)
  expect(eceOf([])).toBe(0)
})

test('AUROC counts the pairs in the right order, ties half', () => {
  const scored = (scores: readonly [number, boolean][]) =>
    aurocOf(scores.map(([score, positive]) => ({ score, positive })))
  expect(
    scored([
      [0.9, true],
      [0.8, true],
      [0.1, false],
    ]),
  ).toBe(1)
  expect(
    scored([
      [0.1, true],
      [0.9, false],
    ]),
  ).toBe(0)
  // 0.5 against 0.5, 0.2: half and one; 0.8 against both: two. 3.5 of 4.
  expect(
    scored([
      [0.5, true],
      [0.8, true],
      [0.5, false],
      [0.2, false],
    ]),
  ).toBe(3.5 / 4)
  expect(scored([[0.5, true]])).toBeNull()
})

test('a quantile is a value that was seen', () => {
  expect(quantileOf([4, 1, 3, 2], 0.5)).toBe(2)
  expect(quantileOf([4, 1, 3, 2], 0.99)).toBe(4)
  expect(quantileOf([], 0.5)).toBe(0)
})
