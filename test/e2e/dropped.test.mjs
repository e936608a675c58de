// What a request loses on its way is told: what has no place in a provider's protocol, and what a provider clips.
import assert from 'node:assert/strict';

import {chat, scene} from './harness.mjs';

const provider = (id, wire, model, more = '') => `[[providers]]\nid = "${id}"\nwire = "${wire}"\nkeys = ["k1"]\nmodels = ["${model}"]\n${more}\n`;
const configured = (id, dialect, model, more = '') =>
  `[[providers]]\nid = "${id}"\ndialect = "${dialect}"\nbase_url = "{${id}}"\nkeys = ["k1"]\n[[providers.models]]\nid = "${model}"\n${more}\n`;

// Of a tool that failed, with members that not every protocol has a place for.
const FAILED = [
  {role: 'user', name: 'ann', content: [{type: 'text', text: 'q', cache_control: {type: 'ephemeral'}}]},
  {role: 'assistant', content: null, refusal: null, annotations: [], tool_calls: [{id: 'c1', type: 'function', function: {name: 'look', arguments: '{}'}}]},
  {role: 'tool', tool_call_id: 'c1', name: 'look', is_error: true, content: 'no such file'},
];
const WIRES = {gemini: 'gemini-2.5-flash', cohere: 'command-a-03-2025', ollama: 'qwen3:4b'};

scene('L8 G17 that a tool failed is carried where it has a place, and told where it has none', async (stage) => {
  const names = Object.entries(WIRES);
  const {farm, gateway} = await stage.start({
    scenario: names.map(([wire, model]) => provider(wire, wire, model)).join(''),
    config: names.map(([wire, model]) => configured(wire, wire, model)).join(''),
  });
  const dropped = async (wire) => {
    const answer = await gateway.ask({model: WIRES[wire], messages: FAILED});
    assert.equal(answer.status, 200, answer.text);
    return answer.headers['x-freeway-dropped'].split(', ').sort();
  };
  assert.deepEqual(await dropped('gemini'), ['messages[].content[].cache_control', 'messages[].name']);
  assert.deepEqual(JSON.parse((await farm.requests()).at(-1).body).contents.at(-1).parts[0].functionResponse.response, {error: 'no such file'});
  const all = ['messages[].content[].cache_control', 'messages[].is_error', 'messages[].name'];
  assert.deepEqual(await dropped('cohere'), all);
  assert.deepEqual(await dropped('ollama'), all);
});

scene('G17 members that nobody knows are told once on every surface, and a plain conversation loses nothing', async (stage) => {
  const {gateway} = await stage.start({scenario: provider('u1', 'openai', 'm1'), config: configured('u1', 'openai', 'm1')});
  const text = (said, more) => ({type: 'text', text: said, ...more});
  const cited = {citations: [{type: 'char_location', cited_text: 'x'}]};
  const messages = [
    {role: 'user', content: [text('a')]},
    {role: 'assistant', content: [text('b', cited), text('c', cited)]},
    {role: 'user', content: [text('d', {extra: []})]},
  ];
  const said = await gateway.ask({model: 'm1', max_tokens: 9, messages}, {target: '/v1/messages'});
  assert.equal(said.headers['x-freeway-dropped'], 'messages[].content[].citations');
  const output = (annotations) => ({role: 'assistant', content: [{type: 'output_text', text: 'b', annotations}]});
  const respond = (input) => gateway.ask({model: 'm1', store: false, input}, {target: '/v1/responses'});
  const url = {type: 'url_citation', url: 'https://e.com'};
  const user = {role: 'user', content: 'a'};
  assert.equal((await respond([user, output([url]), output([url]), user])).headers['x-freeway-dropped'], 'input[].content[].annotations');
  assert.equal((await respond([user, output([]), user])).headers['x-freeway-dropped'], undefined);
});

scene('G15 an Ollama server is told how much context a prompt needs', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: provider('u1', 'ollama', 'qwen3:4b'),
    config: configured('u1', 'ollama', 'qwen3:4b', 'context = 20000'),
  });
  const asked = async (words, more) => {
    const answer = await gateway.ask(chat('qwen3:4b', 'word '.repeat(words), more));
    assert.equal(answer.status, 200, answer.text);
    return JSON.parse((await farm.requests()).at(-1).body).options?.num_ctx;
  };
  assert.equal(await asked(100), undefined);
  assert.equal(await asked(3500), 8192);
  assert.equal(await asked(4000), 8192);
  assert.equal(await asked(12_000), 20_000);
  assert.equal(await asked(100, {num_ctx: 6000}), 6000);
});

scene('G15 a prompt that a provider clips is another one\'s turn, and a stream that has begun ends in an error', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: provider('u1', 'openai', 'gpt-oss-120b', 'tokens = 6\ntoken_rate = 40') + provider('u2', 'openai', 'gpt-oss-120b'),
    config: configured('u1', 'openai', 'gpt-oss-120b') + configured('u2', 'openai', 'gpt-oss-120b'),
  });
  const body = chat('gpt-oss-120b', 'word '.repeat(3000));
  assert.equal((await gateway.ask(body)).headers['x-routed-via'], 'u1/gpt-oss-120b');
  await farm.set('u1', {fault: 'clip_prompt'});
  const streamed = await gateway.ask({...body, stream: true});
  assert.match(streamed.text, /stream broke before its end: \d+ of the prompt's 300\d tokens were read/);
  assert.doesNotMatch(streamed.text, /\[DONE\]/);
  await gateway.admin('benches/lift', {method: 'POST'});
  const whole = await gateway.ask(body);
  assert.equal(whole.status, 200, whole.text);
  assert.equal(whole.headers['x-routed-via'], 'u2/gpt-oss-120b');
  assert.match(whole.headers['x-fallback-trail'], /u1\/gpt-oss-120b/);
  await gateway.admin('benches/lift', {method: 'POST'});
  assert.equal((await gateway.ask(chat('gpt-oss-120b', 'short'))).headers['x-routed-via'], 'u1/gpt-oss-120b');
});
