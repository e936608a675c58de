#!/usr/bin/env node
// Writes src/token/data/ anew: the ranks of o200k_base and cl100k_base from the npm package gpt-tokenizer, and the classes of
// characters from this Node's own tables. After `npm ci --prefix test/e2e`.
//
// usage: pack_ranks.mjs        test/e2e/tokens.test.mjs holds the files against the package.
//
// *.ranks: every token in the order of its rank, a byte with its length before it.
// character_classes.inc: where each run of characters of one class begins, `first << 4 | class`.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { dirname, join } from 'node:path'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'test/e2e/node_modules/gpt-tokenizer')
export const folder = join(root, 'src/token/data')
export const encodings = ['cl100k_base', 'o200k_base']

export function packRanks(encoding) {
  const pieces = []
  const lines = readFileSync(join(source, 'data', `${encoding}.tiktoken`), 'latin1').trim().split('\n')
  lines.forEach((line, rank) => {
    const [text, number] = line.split(' ')
    const bytes = Buffer.from(text, 'base64')
    if (Number(number) !== rank) throw new Error(`${encoding}: rank ${number} stands in the place of ${rank}`)
    if (bytes.length < 1 || bytes.length > 255) throw new Error(`${encoding}: rank ${rank} has ${bytes.length} bytes`)
    pieces.push(Buffer.from([bytes.length]), bytes)
  })
  return Buffer.concat(pieces)
}

// In the order of CharacterClass in src/token/characters.h. White space is what Unicode calls so, which is not quite what \s
// means in JavaScript.
const classes = [
  null,
  /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u,
  /\p{N}/u,
  /\p{M}/u,
  /[\p{Lm}\p{Lo}]/u,
  /\p{Ll}/u,
  /[\p{Lu}\p{Lt}]/u,
]

export function packClasses() {
  const runs = []
  let last = -1
  for (let code = 0; code < 0x110000; ++code) {
    const surrogate = code >= 0xd800 && code < 0xe000
    const found = surrogate ? -1 : classes.findIndex((one) => one?.test(String.fromCodePoint(code)))
    const now = Math.max(found, 0)
    if (now !== last) runs.push(code * 16 + now)
    last = now
  }
  let text = `// Written by tools/pack_ranks.mjs by the tables of Unicode ${process.versions.unicode}.\n`
  let line = ''
  for (const run of runs) {
    const word = `0x${run.toString(16)},`
    if (line.length + word.length > 126) {
      text += `${line}\n`
      line = ''
    }
    line += word
  }
  return `${text}${line}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(folder, { recursive: true })
  for (const encoding of encodings) writeFileSync(join(folder, `${encoding}.ranks`), packRanks(encoding))
  writeFileSync(join(folder, 'character_classes.inc'), packClasses())
}
