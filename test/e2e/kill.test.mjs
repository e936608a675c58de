// One of three providers dies in the middle of a burst of 200: nothing is lost.
import assert from 'node:assert/strict';
import {readFileSync} from 'node:fs';

import {chat, content, count, events, eventually, scene} from './harness.mjs';

const PROVIDERS = ['u1', 'u2', 'u3'];
const SCENARIO = PROVIDERS.map(
  (id) => `
[[providers]]
id = "${id}"
keys = ["k"]
models = ["m"]
own_port = true
latency = "400ms"
jitter = "400ms"
text = "an answer of ${id} that is whole"
`,
).join('');
// Each takes part of the burst; what remains waits for a place.
const CONFIG = PROVIDERS.map(
  (id) => `
[[providers]]
id = "${id}"
base_url = "{${id}}"
keys = ["k"]
  [[providers.models]]
  id = "m"
  limits = { concurrency = 60 }
`,
).join('') + '[routing]\nstrategy = "priority"\n';

for (const [how, stream] of [['whole', false], ['streamed', true]]) {
  scene(`a provider dies in a burst of 200 (${how}): none is lost`, async (stage) => {
    const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
    const burst = Array.from({length: 200}, (_, i) => gateway.ask({...chat('m', `question ${i}`), stream}));
    // In the middle: some of its calls are answered, many are open.
    await eventually(async () => {
      const {ok, concurrent} = await farm.stats('u1');
      return ok >= 5 && concurrent >= 20;
    }, 'the middle of the burst');
    await farm.set('u1', {up: false});

    const answers = await Promise.all(burst);
    assert.deepEqual(count(answers, (answer) => answer.status), {200: 200});
    for (const answer of answers) {
      const [id] = answer.headers['x-routed-via'].split('/');
      const text = stream ? content(answer.text) : answer.json.choices[0].message.content;
      assert.equal(text, `an answer of ${id} that is whole`);
      if (stream) {
        assert.equal(events(answer.text).at(-1), '[DONE]');
        assert.ok(!answer.text.includes('"error"'), answer.text);
      }
    }
    const moved = answers.filter((answer) => answer.headers['x-fallback-attempts'] !== '0');
    assert.ok(moved.length >= 20, `${moved.length} went elsewhere`);
    for (const answer of moved) assert.match(answer.headers['x-fallback-trail'], /^u1\/m key#1=unreachable$/);

    // It comes back, and is used again.
    await farm.set('u1', {up: true});
    await eventually(
      async () => (await gateway.ask(chat('m'))).headers['x-routed-via'] === 'u1/m',
      'the provider that came back is used',
      30_000,
    );
  });
}

scene('all providers die and come back: errors meanwhile, no hang, no crash, then answers', async (stage) => {
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: CONFIG});
  const burst = Array.from({length: 60}, () => gateway.ask(chat('m')));
  await eventually(async () => (await farm.received()) >= 60, 'the burst');
  for (const id of PROVIDERS) await farm.set(id, {up: false});
  const statuses = count(await Promise.all(burst), (answer) => answer.status);
  assert.deepEqual(Object.keys(statuses).filter((status) => !['200', '502'].includes(status)), [], JSON.stringify(statuses));
  for (const id of PROVIDERS) await farm.set(id, {up: true});
  await eventually(async () => (await gateway.ask(chat('m'))).status === 200, 'recovery', 30_000);
  assert.match(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'), /^State:\s+[RS]/m);
});
