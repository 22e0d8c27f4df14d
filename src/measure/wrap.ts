import { pick, type Random } from './random.ts'

/** What people and tools put around a question. */

const english: [[string, string], ...[string, string][]] = [
  ['Hi team, sorry to bother you, could you please help me with this? ', ' Thanks a lot in advance!'],
  ['Good morning! I hope you are well. I have a quick question: ', ' Any help is much appreciated.'],
  ['Hello, I am new here and a bit lost. ', ' Thank you so much for your time and patience!'],
]
const chinese: [[string, string], ...[string, string][]] = [
  ['大家好，不好意思打扰一下，想请教一个问题：', ' 非常感谢！'],
  ['老师您好，麻烦帮忙看一下，', ' 谢谢，辛苦了！'],
  ['你好，我是新来的，有点不太明白：', ' 感谢您的耐心解答。'],
]

export const aroundOf = (text: string, random: Random): string => {
  const [before, after] = pick(/\p{Script=Han}/u.test(text) ? chinese : english, random)
  return `${before}${text}${after}`
}

const lines: [string, ...string[]] = [
  'INFO  [main] heartbeat ok, uptime 86400s',
  'INFO  [http-7] GET /status 200 12ms',
  'DEBUG [pool-2] connection returned, idle 8 active 2',
  'INFO  [scheduler] job cleanup finished in 431 ms',
  'WARN  [gc] pause 87 ms, heap 612 MB of 1024 MB',
  'INFO  [cache] hit rate 0.93, entries 10422',
]

const stamp = (random: Random, second: number) =>
  `2031-03-${String(10 + Math.floor(random() * 18))}T04:11:${String(10 + second)}Z`

const logLines = (count: number, random: Random): string =>
  Array.from({ length: count }, (_, i) => `${stamp(random, i)} ${pick(lines, random)}`).join('\n')

/** Everyday log lines before the question and after it. */
export const inLog = (text: string, random: Random): string =>
  `${logLines(3 + Math.floor(random() * 3), random)}\n\n${text}\n\n${logLines(2 + Math.floor(random() * 3), random)}`

const traces: [string, ...string[]] = [
  `Exception in thread "main" java.lang.IllegalStateException: unexpected state
\tat com.example.app.Worker.run(Worker.java:142)
\tat com.example.app.Main.main(Main.java:27)
\tat java.base/java.lang.Thread.run(Thread.java:1583)
Caused by: java.lang.NullPointerException
\t... 3 more`,
  `Traceback (most recent call last):
  File "/app/main.py", line 88, in <module>
    main()
  File "/app/main.py", line 61, in main
    result = step(payload)
ValueError: unexpected value`,
  `Error: unexpected value
    at step (/app/src/step.js:41:11)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at async main (/app/src/main.js:12:3)`,
]

/** A stack trace that says nothing of its own below the question, or above it. */
export const withTrace = (text: string, random: Random): string => {
  const trace = pick(traces, random)
  return random() < 0.5 ? `${text}\n\n${trace}` : `${trace}\n\n${text}`
}
