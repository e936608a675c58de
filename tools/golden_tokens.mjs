#!/usr/bin/env node
// Writes src/token/testdata/golden_tokens.txt: texts that are hard to split, with what the npm package gpt-tokenizer counts for
// them. After `npm ci --prefix test/e2e`. A line: tokens by cl100k_base and by o200k_base, how often the text is repeated, and
// the text, in which a backslash stands before n, r, t and itself.
import { createRequire } from 'node:module'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const load = createRequire(new URL('../test/e2e/package.json', import.meta.url))
const cl100k = load('gpt-tokenizer/encoding/cl100k_base')
const o200k = load('gpt-tokenizer/encoding/o200k_base')

const texts = [
  'hello world', 'Hello, World!', ' leading', 'trailing ', '  two  spaces  ', 'tab\tand\ttabs\t\t', '\n', '\r\n', '\n\n\n', ' \n ',
  'line\nline\r\nline\n\n\nline', 'x \n\n  y', 'x  \t \n', '   \n   \n  z', 'end   ', 'a\u00a0b\u3000c\u2003 d', '\u2028\u2029x',
  "I'm you're he'd she'll we've it's don't", "I'M YOU'RE HE'D SHE'LL WE'VE IT'S DON'T", "'s'S'tT'ReX 'veil 'lll", "x''s ''", "l'\u00e9t\u00e9",
  '0', '12', '123', '1234', '12345', '1234567890123', '3.14159e-10', '1,234,567.89', '\u0661\u0662\u0663\u0664\u0665', '\u00bd\u00b2\u2163\u2460', '\u4e00\u4e8c\u4e09',
  'camelCaseAndPascalCase', 'HTTPServerError', 'iPhoneXS', 'snake_case_name', 'SCREAMING_SNAKE', 'McDonald\u2019s', 'eBay.com/path//to', '///', '//\n//', '"}]\n/',
  'for (int i = 0; i < n; ++i) {\n    sum += a[i]; // add\n}\n', 'def f(x):\n\treturn {**x, "a": [1, 2]}\n', 'SELECT * FROM t WHERE a <> 1;',
  '{"name":"get_weather","parameters":{"type":"object","properties":{"city":{"type":"string"}}}}', '<div class="a">&nbsp;</div>', '$x^2_{i}\\frac{a}{b}$',
  'https://example.com/a/b?c=d&e=%20#f', 'user@example.com', '#!/usr/bin/env bash\nset -euo pipefail\n', '--flag=value -x', '!!!???...', '((((', ')))\n\n', '=====', '\u2014\u2026\u201c\u201d',
  'Gr\u00fc\u00dfe aus M\u00fcnchen', 'ca\u00f1\u00f3n ni\u00f1o \u00bfQu\u00e9?', 'Za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144', '\u0130stanbul \u0131\u015f\u0131k', '\u01c4\u01c5\u01c6 \u01c8a',
  '\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u041a\u0430\u043a \u0434\u0435\u043b\u0430?', '\u0395\u03bb\u03bb\u03b7\u03bd\u03b9\u03ba\u03ac \u039a\u03b1\u03bb\u03b7\u03bc\u03ad\u03c1\u03b1', '\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd', '\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645', '\u0645\u064e\u0631\u0652\u062d\u064e\u0628\u064b\u0627',
  '\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e', '\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35\u0e0a\u0e32\u0e27\u0e42\u0e25\u0e01', '\u4f60\u597d\uff0c\u4e16\u754c\uff01\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002', '\u3053\u3093\u306b\u3061\u306f\u3001\u4e16\u754c\u3002\u30ab\u30bf\u30ab\u30ca\u30fc', '\uc548\ub155\ud558\uc138\uc694 \uc138\uacc4',
  '\u10d2\u10d0\u10db\u10d0\u10e0\u10ef\u10dd\u10d1\u10d0', '\u12a0\u121b\u122d\u129b', '\u0b95\u0bbe\u0bb2\u0bc8 \u0bb5\u0ba3\u0b95\u0bcd\u0b95\u0bae\u0bcd', 'Ti\u1ebfng Vi\u1ec7t c\u00f3 d\u1ea5u', 'ABC\u4eba\u5de5DEF\u667a\u80fdghi', '\u4ebaA', 'A\u4eba', '\u4eba\u4ebaAAA\u4ebaBBB', 'a\u4ebaB',
  '\ud83d\ude00', '\ud83d\ude00\ud83d\ude03\ud83d\ude04', '\ud83d\udc69\u200d\ud83d\udc69\u200d\ud83d\udc67\u200d\ud83d\udc66', '\ud83c\uddee\ud83c\uddf9\ud83c\uddef\ud83c\uddf5', '\ud83d\udc4d\ud83c\udffd ok \u2764\ufe0f', '\u2705 done \u274c', '\ud835\udc00\ud835\udc01\ud835\udc02 \ud835\udfcf\ud835\udfd0',
  'e\u0301te\u0301', '\u0301', '\u0301\u0301A', '(\u0301A', ' \u0301A', '\u0301AAA', 'A\u0301B\u0301', 'Z\u0351\u036b\u0343a\u0321l\u0348g\u0324o', '\u200b\u200b', '\u202eabc\u202c', '\ufffd\ufffd', '\ue000\uf8ff', '\u0001\u007f',
  '<|endoftext|>', '<|im_start|>user\n', '\\n\\t\\\\', 'C:\\path\\new', 'aGVsbG8gd29ybGQ=', '3f786850e387550fdab836ed7e6dc881de23001b', '550e8400-e29b-41d4-a716-446655440000',
]
const long = [
  ['a', 3000], [' ', 3000], ['\n', 1000], ['ab', 2000], ['\u4eba', 1000], ['xyzzy', 700], ['1', 5000], ['!', 2000], [' \n', 1500], ['\ud83d\ude00', 800],
  ['the quick brown fox ', 4000], ['Q\u4eba', 500], ["'s", 900], ['\u0301A', 500], ['/\n', 1000],
]

const plain = { disallowedSpecial: new Set() }
const escape = (text) => text.replace(/[\\\n\r\t]/g, (one) => ({ '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' })[one])
const line = (text, times = 1) => {
  const whole = text.repeat(times)
  return `${cl100k.countTokens(whole, plain)} ${o200k.countTokens(whole, plain)} ${times} ${escape(text)}\n`
}
const lines = [...texts.map((text) => line(text)), ...long.map(([text, times]) => line(text, times))]
writeFileSync(fileURLToPath(new URL('../src/token/testdata/golden_tokens.txt', import.meta.url)), lines.join(''))
