// The older completions, with the official `openai` library.
import assert from 'node:assert/strict';

import {scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m"]
tokens = 6
`;
const CONFIG = `
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
[[providers.models]]
id = "m"
`;
const WORDS = 'w0 w1 w2 w3 w4 w5';

scene('completions: whole and streamed, several prompts, echo', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const openai = gateway.openai();

  const one = await openai.completions.create({model: 'm', prompt: 'Say '});
  assert.equal(one.object, 'text_completion');
  assert.equal(one.choices[0].text, WORDS);
  assert.ok(one.usage.total_tokens > 0);

  const two = await openai.completions.create({model: 'm', prompt: ['a', 'b'], echo: true});
  assert.deepEqual(
    two.choices.map(({text, index}) => [text, index]),
    [[`a${WORDS}`, 0], [`b${WORDS}`, 1]],
  );

  const texts = ['', ''];
  let usage;
  const stream = await openai.completions.create({model: 'm', prompt: ['a', 'b'], stream: true, stream_options: {include_usage: true}});
  for await (const chunk of stream) {
    for (const choice of chunk.choices) texts[choice.index] += choice.text;
    usage ??= chunk.usage;
  }
  assert.deepEqual(texts, [WORDS, WORDS]);
  assert.equal(usage.completion_tokens, 12);
  assert.equal((await farm.stats()).u1.admitted, 5, 'each prompt is a call of its own');

  await assert.rejects(openai.completions.create({model: 'm', prompt: 'a', suffix: 'b'}), {status: 422, param: 'suffix'});
  await assert.rejects(openai.completions.create({model: 'm', prompt: [1, 2]}), {status: 400, param: 'prompt[0]'});
});
