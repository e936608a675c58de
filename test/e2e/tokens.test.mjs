// Token counts against another counter of the same encodings, the npm package gpt-tokenizer.
import test from 'node:test'
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as cl100k from 'gpt-tokenizer/encoding/cl100k_base'
import * as o200k from 'gpt-tokenizer/encoding/o200k_base'
import { encodings, folder, packRanks } from '../../tools/pack_ranks.mjs'

const binary = process.env.COUNT_BIN
const plain = { disallowedSpecial: new Set() }

// What the package counts, as "cl100k o200k".
function theirs(text) {
  return `${cl100k.countTokens(text, plain)} ${o200k.countTokens(text, plain)}`
}

function ours(texts) {
  const input = []
  for (const text of texts) {
    const bytes = Buffer.from(text)
    const head = Buffer.alloc(4)
    head.writeUInt32LE(bytes.length)
    input.push(head, bytes)
  }
  const run = spawnSync(binary, { input: Buffer.concat(input), maxBuffer: 1 << 26 })
  assert.equal(run.status, 0, run.stderr.toString())
  return run.stdout.toString().trim().split('\n')
}

function compare(texts) {
  const counts = ours(texts)
  assert.equal(counts.length, texts.length)
  texts.forEach((text, i) => assert.equal(counts[i], theirs(text), JSON.stringify(text)))
}

// Where numbers come from: the same for a seed, which a failure names.
function chance(seed) {
  let state = seed >>> 0
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const ranges = [
  [0x20, 0x7f], [0x20, 0x7f], [0x41, 0x5b], [0x61, 0x7b], [0x30, 0x3a], [0xa1, 0x100], [0x100, 0x17f], [0x1c4, 0x1cd],
  [0x2b0, 0x370], [0x391, 0x3a2], [0x400, 0x500], [0x5d0, 0x5eb], [0x620, 0x670], [0x660, 0x66a], [0x900, 0x980], [0xe01, 0xe3b],
  [0x10d0, 0x10fb], [0x1d2c, 0x1d6b], [0x2070, 0x20c0], [0x2150, 0x2189], [0x3041, 0x3097], [0x30a0, 0x3100], [0x4e00, 0x9fff],
  [0xac00, 0xd7a4], [0xe000, 0xe010], [0xff01, 0xff5f], [0x10400, 0x10450], [0x1d400, 0x1d455], [0x1f300, 0x1f650],
  [0x20000, 0x20100], [0xe0100, 0xe01f0],
]
const bits = [
  ' ', '  ', '\n', '\r\n', '\t', ' \n ', '\n\n\n', '\u00a0', '\u3000', "'s", "'S", "'ll", "'LL", "'rE", "'", "''t", '/', '//\n/',
  'the', ' The', 'HTTPServer', 'iPhone', '1234567', '3.14', '\u0301', '\u200d', '\ufe0f', '<|endoftext|>', '{"a":[', '"}]\n',
  'function', '\n    ', '--', '\u01c5', '\u30fc', 'ABC\u0301d', '\u2028', '\u4eba',
]

function randomText(random) {
  let text = ''
  const parts = 1 + random(40)
  for (let i = 0; i < parts; ++i) {
    if (random(2)) {
      text += bits[random(bits.length)].repeat(random(8) ? 1 : 1 + random(30))
    } else {
      const [from, to] = ranges[random(ranges.length)]
      const length = 1 + random(12)
      for (let k = 0; k < length; ++k) text += String.fromCodePoint(from + random(to - from))
    }
  }
  return text
}

test('the packed ranks are those of the package', () => {
  for (const encoding of encodings)
    assert.ok(packRanks(encoding).equals(readFileSync(join(folder, `${encoding}.ranks`))), encoding)
})

test('random texts have as many tokens as by the package', () => {
  const seed = Number(process.env.SEED ?? Date.now())
  console.log(`SEED=${seed % 2 ** 32}`)
  const random = chance(seed)
  const texts = []
  for (let i = 0; i < 3000; ++i) texts.push(randomText(random))
  compare(texts)
})

test('every character has as many tokens as by the package, alone and between others', () => {
  // Left out: what \s means in JavaScript alone, and what this Node's Unicode has no place for yet.
  const apart = new Set([0x85, 0xfeff, 0x17f])
  const texts = []
  for (let code = 0x20; code < 0x30000; code += code < 0x3000 ? 1 : 7) {
    if (apart.has(code) || (code >= 0xd800 && code < 0xe000)) continue
    const one = String.fromCodePoint(code)
    if (/\p{Cn}/u.test(one)) continue
    texts.push(`${one} A${one}b ${one}${one}1${one}`)
  }
  compare(texts)
})

test('files of this repository have as many tokens as by the package', () => {
  const root = join(import.meta.dirname, '../..')
  const files = ['DESIGN.md', 'README.md', 'src/token/split.cc', 'test/e2e/tokens.test.mjs', 'script/test', 'catalog/google.toml']
  compare(files.map((file) => readFileSync(join(root, file), 'utf8')))
})
