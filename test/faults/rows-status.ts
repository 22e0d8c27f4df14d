import { answer, chunkedHead, head, JSON_TYPE } from './bytes.ts'
import type { Script } from './faulty-expert.ts'
import { failing, invalid, type Row, refusal, rows, unauthorized } from './row.ts'
import { pours } from './rows-connection.ts'

const envelope = (message: string) =>
  `{"error":{"message":"${message}","type":"x","param":null,"code":"its_own"}}`

const status =
  (code: number, headers: Record<string, string> = {}, body = envelope(`its own ${code}`)): Script =>
  call =>
    call.finish(answer(code, { ...JSON_TYPE, ...headers }, body))

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toUTCString()

/** Made when it is answered: a date, unlike seconds, grows old. */
const dated =
  (code: number, seconds: number): Script =>
  call =>
    status(code, { 'retry-after': inSeconds(seconds) })(call)

/** Answers that are no success. `elsewhere` is where the redirects lead. */
export const statusRows = (elsewhere: string): Row[] =>
  [
    ...[408, 425, 500, 501, 502, 503, 504, 529].map(code =>
      rows(`answers ${code}`, status(code), failing(code)),
    ),
    rows('answers 429', status(429), failing(429)),
    rows('answers 429 and asks for 7 seconds', status(429, { 'retry-after': '7' }), failing(429, 1, 7)),
    rows('answers 429 and asks for an hour', status(429, { 'retry-after': '3600' }), failing(429, 1, 3600)),
    rows('answers 429 and names a date soon', dated(429, 20), failing(429, 1, 20)),
    rows('answers 429 and asks for no wait, twice', status(429, { 'retry-after': '0' }), failing(429, 2, 0)),
    rows('answers 429 and asks for a wait in words', status(429, { 'retry-after': 'soon' }), failing(429)),
    rows('answers 503 and asks for 7 seconds', status(503, { 'retry-after': '7' }), failing(503, 1, 7)),
    rows('answers 503 and names a date that is past', dated(503, -60), failing(503, 2, 0)),
    rows(
      'answers 503 and asks for longer than the world will last',
      status(503, { 'retry-after': '1e30' }),
      failing(503, 1, 86_400),
    ),
    rows('answers 529 and asks for 7 seconds', status(529, { 'retry-after': '7' }), failing(529, 1, 7)),
    rows(
      'answers 503 and says not to try again',
      status(503, { 'x-should-retry': 'false' }),
      failing(503, 1),
    ),
    rows(
      'answers 429 and says not to try again',
      status(429, { 'x-should-retry': 'false' }),
      failing(429, 1),
    ),
    rows('answers 502 with a web page', status(502, { 'content-type': 'text/html' }, '<html>'), failing(502)),
    rows('answers 503 with an empty body', status(503, {}, ''), failing(503)),
    rows(
      'answers 503 and never ends the body',
      call => {
        call.send(chunkedHead(JSON_TYPE).replace('200', '503'))
        pours(call, `4000\r\n${'x'.repeat(0x4000)}\r\n`)
      },
      failing(503),
    ),
    rows(
      'answers 503 and stops in the middle of the body',
      call => call.send(`${head(503, { ...JSON_TYPE, 'content-length': '99' })}{"error":`),
      failing(503),
    ),
    rows('does not accept our key (401)', status(401, {}, envelope('wrong key: planted-key')), unauthorized),
    rows('forbids what our key may do (403)', status(403), unauthorized),

    ...[400, 404, 413, 422].map(code =>
      rows(`refuses the request with ${code}`, status(code), refusal(code, envelope(`its own ${code}`))),
    ),
    rows(
      'refuses the request with 409 each time, though it says to try again',
      status(409, { 'x-should-retry': 'true' }),
      refusal(409, envelope('its own 409'), 2),
    ),
    rows(
      'refuses the request with 400 in a web page',
      status(400, { 'content-type': 'text/html' }, '<html>no</html>'),
      refusal(400),
    ),
    rows(
      'refuses the request with 400 and quotes our key',
      status(400, {}, envelope('no such value: planted-key')),
      refusal(400),
    ),
    ...[301, 302, 303, 307, 308].map(code =>
      rows(`redirects to another host with ${code}`, status(code, { location: elsewhere }, ''), invalid()),
    ),
    rows(
      'answers 304 as if we had a copy',
      call => call.finish('HTTP/1.1 304 Not Modified\r\n\r\n'),
      invalid(),
    ),
  ].flat()
