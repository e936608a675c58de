// A stream that waits long is kept alive, and can still fail over. In real time: ten seconds are in the contract.
import assert from 'node:assert/strict';

import {chat, content, events, scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
models = ["m1"]
fault = "hang"
[[providers]]
id = "u2"
models = ["m1"]
text = "better late"
`;
const CONFIG = `
[timeouts]
first_token = "22s"
[[providers]]
id = "u1"
base_url = "{u1}"
  [[providers.models]]
  id = "m1"
[[providers]]
id = "u2"
base_url = "{u2}"
  [[providers.models]]
  id = "m1"
`;

scene('G18 S11 a waiting stream gets its head and heartbeats, and another provider can still answer', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const start = Date.now();
  const answer = await gateway.open({...chat('m1'), stream: true});
  const head = (Date.now() - start) / 1000;
  assert.ok(head >= 5 && head <= 12, `the head came after ${head} s`);
  assert.equal(answer.statusCode, 200);
  assert.match(answer.headers['content-type'], /^text\/event-stream/);
  assert.equal(answer.headers['x-routed-via'], undefined, 'no route is known yet');

  let text = '';
  const beats = [Date.now()];
  for await (const part of answer) {
    beats.push(Date.now());
    text += part;
  }
  const gaps = beats.slice(1).map((at, i) => at - beats[i]);
  assert.ok(Math.max(...gaps) <= 15_500, `${gaps}`);
  const before = text.slice(0, text.indexOf('data: '));
  assert.ok((before.match(/^:/gm) ?? []).length >= 2, before);
  assert.equal(content(text), 'better late');
  assert.equal(events(text).at(-1), '[DONE]');
  assert.match(text, /^:.*u2\/m1/m, 'a comment names the route');
  assert.match(text, /^:.*u1\/m1 key#1=timeout/m, 'a comment names the trail');
});
