// Providers that fail in every way, with another beside them that works.
import assert from 'node:assert/strict';

import OpenAI from 'openai';

import {chat, configuration, content, count, events, eventually, scene, scenes} from './harness.mjs';

const times = (n, make) => Array.from({length: n}, (_, i) => make(i));

// Faulty providers, one for each entry of `faults` and each serving the model of its name; "good" serves all of them.
function faulty(faults, routing = '') {
  const names = Object.keys(faults);
  const provider = (id, models, more = '') =>
    `[[providers]]\nid = "${id}"\nkeys = ["key-of-${id}"]\n${more}\nmodels = ${JSON.stringify(models)}\n`;
  const configured = (id, models) =>
    `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["key-of-${id}"]\n` +
    models.map((model) => `[[providers.models]]\nid = "${model}"\n`).join('');
  return {
    scenario:
      names.map((name) => provider(name, [name], faults[name] ? `fault = ${faults[name]}` : '')).join('') +
      provider('good', names, 'text = "all is well"'),
    config: routing + names.map((name) => configured(name, [name])).join('') + configured('good', names),
  };
}

// Each fault ends with the good provider's answer, the trail names the failed route, and each was called once.
async function each_fails_over({farm, gateway}, names, stream, {reason = '[a-z_]+', calls = 1} = {}) {
  for (const name of names) {
    const answer = await gateway.ask({...chat(name), stream});
    assert.equal(answer.status, 200, `${name}: ${answer.text}`);
    const text = stream ? content(answer.text) : answer.json.choices[0].message.content;
    assert.equal(text, 'all is well', name);
    if (stream) assert.equal(events(answer.text).at(-1), '[DONE]', name);
    assert.equal(answer.headers['x-routed-via'], `good/${name}`, name);
    assert.equal(answer.headers['x-fallback-attempts'], '1', name);
    assert.match(answer.headers['x-fallback-trail'], new RegExp(`^${name}/${name} key#1=${reason}$`), name);
    // A kept connection that closes without a word may have been stale: the call goes out once more.
    const {received} = await farm.stats(name);
    assert.ok(received === calls || (name === 'no_answer' && received === 2), `${name}: ${received} calls`);
  }
}

const UNKNOWN = {
  s405: '"405"',
  s424: '"424"',
  s418: '"418"',
  s500: '"500"',
  s503: '"503"',
  html: '"html_200"',
  none: '"empty_200"',
  nothing_said: '"empty_completion"',
  broken_json: '"corrupt_frame after=0"',
  error_in_200: '"error_in_200"',
  error_in_stream: '"error_in_stream after=0"',
  short_body: '"truncated_content_length"',
  no_answer: '"close_before"',
  torn: '"reset"',
  garbage: '{ kind = "raw", body = "ICY 200 OK\\r\\n\\r\\nhello" }',
  early_end: '"no_finish after=0"',
  half_body: '"close_mid_stream after=0"',
};

for (const stream of [false, true]) {
  scenes(`G12 F6 F8 unknown means try elsewhere, ${stream ? 'streamed' : 'whole'}`, async (stage) => {
    const faults = {...UNKNOWN};
    if (!stream) delete faults.error_in_stream;
    await each_fails_over(await stage.start(faulty(faults)), Object.keys(faults), stream);
  });

  scene(`F8 a provider without TLS behind https is left for another, ${stream ? 'streamed' : 'whole'}`, async (stage) => {
    const {scenario, config} = faulty({plain: undefined});
    const farm = await stage.farm(scenario);
    const gateway = await stage.gateway(configuration(farm, config.replace('{plain}', farm.providers.plain.replace('http:', 'https:'))));
    await each_fails_over({farm, gateway}, ['plain'], stream, {reason: 'unreachable', calls: 0});
  });

  scenes(`G12 a redirect is not followed, and takes no credentials along, ${stream ? 'streamed' : 'whole'}`, async (stage) => {
    const running = await stage.start(faulty({trap: undefined, moved: undefined, moved_for_good: undefined}));
    const location = running.farm.providers.trap + '/chat/completions';
    await running.farm.set('moved', {fault: {kind: 'redirect', location}});
    await running.farm.set('moved_for_good', {fault: {kind: 'redirect', status: 301, location}});
    await each_fails_over(running, ['moved', 'moved_for_good'], stream);
    const trap = await running.farm.stats('trap');
    assert.deepEqual([trap.received, trap.connections.opened, trap.unauthorized, trap.invalid], [0, 0, 0, 0]);
  });
}

scenes('G13 bounded wait for a first token: comments, headers, a drip, silence', async (stage) => {
  const faults = {
    comments: '"comments interval=100ms"',
    headers_only: '"headers_only"',
    drip: '"drip interval=200ms"',
    slow_headers: '"slow_headers interval=200ms"',
    hang: '"hang"',
    stall: '"stall_mid_stream after=0"',
  };
  const running = await stage.start(faulty(faults, `[timeouts]\nfirst_token = "500ms"\nanswer = "500ms"\n`));
  await each_fails_over(running, Object.keys(faults), true);
});

scenes('G13 bounded wait for a whole answer', async (stage) => {
  const faults = {
    comments: '"comments interval=100ms"',
    headers_only: '"headers_only"',
    drip: '"drip interval=200ms"',
    hang: '"hang"',
    half: '"stall_mid_stream"',
  };
  const running = await stage.start(faulty(faults, `[timeouts]\nfirst_token = "20s"\nanswer = "500ms"\n`));
  await each_fails_over(running, Object.keys(faults), false);
});

scenes('G13 the deadline bounds a stream whose providers all hang: 504', async (stage) => {
  const {farm, gateway} = await stage.start(faulty({hang: '"hang"'}, `[routing]\ndeadline = "1s"\n`));
  await farm.set('good', {fault: 'hang'});
  const answer = await gateway.ask({...chat('hang'), stream: true});
  assert.equal(answer.status, 504, answer.text);
  assert.equal(answer.json.error.code, 'deadline_exceeded');
});

scenes('G15 after the first content, damage is an error that a client can see, never a success', async (stage) => {
  const faults = {
    corrupt: '"corrupt_frame"',
    closed: '"close_mid_stream"',
    no_reason: '"no_finish after=3"',
    error_event: '"error_in_stream"',
    stalled: '"stall_mid_stream"',
  };
  const {farm, gateway} = await stage.start(faulty(faults, '[timeouts]\nidle = "500ms"\n'));
  for (const name of Object.keys(faults)) {
    const answer = await gateway.ask({...chat(name), stream: true});
    assert.equal(answer.status, 200, name);
    assert.ok(!events(answer.text).includes('[DONE]'), `${name}: ${answer.text}`);
    const parsed = events(answer.text).map((one) => JSON.parse(one));
    assert.equal(parsed.filter((one) => one.error).length, 1, `${name}: ${answer.text}`);
    assert.deepEqual(parsed.flatMap((one) => one.choices ?? []).map((choice) => choice.finish_reason).filter(Boolean), [], name);
    assert.ok(content(answer.text).startsWith('w0 w1'), name);
    const {received} = await farm.stats('good');
    assert.equal(received, 0, `${name}: nothing was spliced`);
  }
  const client = gateway.openai();
  await farm.set('closed', {fault: 'close_mid_stream'});
  await eventually(async () => {
    const stream = await client.chat.completions.create({...chat('closed'), stream: true});
    try {
      for await (const chunk of stream) chunk;
    } catch (error) {
      assert.ok(error instanceof OpenAI.APIError, String(error));
      return true;
    }
    return false;
  }, 'the library throws');
});

scenes('G15 L4 tool arguments that end as invalid JSON are never a finished call', async (stage) => {
  const tools = [{type: 'function', function: {name: 'lookup', parameters: {type: 'object'}}}];
  const {farm, gateway} = await stage.start(faulty({cut: '"truncated_tool_arguments"'}));
  await farm.set('good', {answer: {tool_calls: [{name: 'lookup', arguments: {q: 'tides'}}]}});

  const whole = await gateway.ask({...chat('cut'), tools});
  assert.equal(whole.status, 200);
  assert.equal(whole.headers['x-routed-via'], 'good/cut');
  assert.deepEqual(JSON.parse(whole.json.choices[0].message.tool_calls[0].function.arguments), {q: 'tides'});

  await farm.reset();
  await farm.set('good', {fault: '500'});
  const streamed = await eventually(async () => {
    const answer = await gateway.ask({...chat('cut'), tools, stream: true});
    return answer.status === 200 && answer;
  }, 'a stream through the benched route', 20_000);
  assert.ok(!events(streamed.text).includes('[DONE]'), streamed.text);
  const parsed = events(streamed.text).map((one) => JSON.parse(one));
  assert.equal(parsed.filter((one) => one.error).length, 1, streamed.text);
  assert.deepEqual(parsed.flatMap((one) => one.choices ?? []).map((choice) => choice.finish_reason).filter(Boolean), [], streamed.text);
});

scene('G15 S4 legal streams in any framing are no damage', async (stage) => {
  const faults = {crlf: '"crlf"', cr: '"cr"', mixed: '"mixed"', gzip: '"gzip"', bytes: '"byte_by_byte interval=0s"', no_done: '"no_done"'};
  const {farm, gateway} = await stage.start(faulty(faults));
  for (const name of [...Object.keys(faults), 'one_document']) {
    if (name === 'one_document') await farm.set('crlf', {fault: 'json_for_stream'});
    const model = name === 'one_document' ? 'crlf' : name;
    const answer = await gateway.ask({...chat(model), stream: true});
    assert.equal(content(answer.text), times(8, (i) => `w${i}`).join(' '), name);
    assert.equal(answer.headers['x-routed-via'], `${model}/${model}`, name);
    const data = events(answer.text);
    assert.equal(data.at(-1), '[DONE]', name);
    const reasons = data.slice(0, -1).flatMap((one) => JSON.parse(one).choices).map((choice) => choice.finish_reason);
    assert.deepEqual(reasons.filter(Boolean), ['stop'], name);
  }
});

scene('G17 a pin never leaves its set', async (stage) => {
  const models = (id, list) =>
    `[[providers]]\nid = "${id}"\nbase_url = "{${id}}"\nkeys = ["k"]\n` +
    list.map((model) => `[[providers.models]]\nid = "${model}"\n`).join('');
  const {farm, gateway} = await stage.start({
    scenario: ['u1', 'u2', 'u3'].map((id) => `[[providers]]\nid = "${id}"\nmodels = ["m1", "m2"]\n`).join(''),
    config: models('u1', ['m1', 'm2']) + models('u2', ['m1']) + models('u3', ['m2']),
  });
  for (const id of ['u1', 'u2']) await farm.set(id, {model: 'm1', fault: 'close_before'});
  const outcomes = [];
  for (const model of ['u1/m1', 'm1']) {
    for (const stream of [false, true]) {
      const answer = await gateway.ask({...chat(model), stream});
      assert.equal(answer.status, 502, answer.text);
      assert.equal(answer.headers['x-routed-via'], undefined);
      assert.ok(answer.json.error.message);
      outcomes.push(answer.headers['x-fallback-trail'] ?? '');
    }
  }
  const stats = await farm.stats();
  assert.equal(stats.u3.received, 0);
  assert.equal(stats.u1.keys[''].models?.m2?.received ?? stats.u1.keys.k?.models.m2.received ?? 0, 0);
  const auto = await gateway.ask(chat('auto'));
  assert.equal(auto.status, 200);
  assert.equal(auto.headers['x-routed-via'], `u1/${auto.json.model}`);
  assert.equal(auto.json.model, 'm2');
});

scene('F3 a dead key costs its siblings nothing', async (stage) => {
  const {farm, gateway} = await stage.start({
    scenario: '[[providers]]\nid = "u1"\nkeys = ["k2"]\nmodels = ["m1"]\n',
    config: '[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1", "k2"]\n[[providers.models]]\nid = "m1"\n',
  });
  const first = await gateway.ask(chat('m1'));
  assert.equal(first.status, 200);
  assert.match(first.headers['x-fallback-trail'], /^u1\/m1 key#1=invalid_key$/);
  for (let i = 0; i < 20; ++i) assert.equal((await gateway.ask(chat('m1'))).headers['x-fallback-attempts'], '0');
  const stats = await farm.stats('u1');
  assert.deepEqual([stats.unauthorized, stats.ok], [1, 21]);
});

// A zone where it is about noon, so that the day does not end while the test runs.
function noon() {
  const west = new Date().getUTCHours() - 12;
  return west === 0 ? 'UTC' : `Etc/GMT${west > 0 ? '+' : '-'}${Math.abs(west)}`;
}

for (const [what, status, message, told] of [
  ['402', 402, 'Insufficient credits. Add more to continue.', 503],
  ['429 of a day', 429, 'Rate limit exceeded: free-models-per-day', 429],
]) {
  scenes(`G10 one account-wide ${what} with 30 models on the key: exactly one call`, async (stage) => {
    const models = times(30, (i) => `m${i}`);
    const {farm, gateway} = await stage.start({
      scenario: `[[providers]]\nid = "u1"\nkeys = ["k1"]\nmodels = ${JSON.stringify(models)}\nfault = { status = ${status}, body = { error = { message = "${message}", code = ${status} } } }\n`,
      config:
        `[routing]\nqueue_wait = "0s"\n[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\nday_clock = "${noon()}"\n` +
        models.map((id) => `[[providers.models]]\nid = "${id}"\n`).join(''),
    });
    assert.equal((await gateway.ask(chat('auto'))).status, told);
    for (const model of models) assert.equal((await gateway.ask(chat(model))).status, told);
    assert.equal(await farm.received(), 1);
  });
}

scene('F1 a told delay is kept to, then the route is used again; the header names the hop', async (stage) => {
  const {farm, gateway} = await stage.start(faulty({told: undefined}));
  await farm.set('told', {script: ['429 retry-after=2']});
  const first = await gateway.ask(chat('told'));
  assert.equal(first.status, 200);
  assert.equal(first.headers['x-fallback-trail'], 'told/told key#1=rate_limited');
  const [refusal] = await farm.requests();
  await eventually(async () => (await gateway.ask(chat('told'))).headers['x-routed-via'] === 'told/told', 'the route is back');
  const again = (await farm.requests()).filter((request) => request.provider === 'told');
  assert.equal(again.length, 2, 'no call while it rested');
  assert.ok(again[1].at_ms - refusal.at_ms >= 2000, `${again[1].at_ms - refusal.at_ms} ms later`);
});

scene('F14 all providers down, 100 at once: bounded calls, fast and consistent errors, then recovery', async (stage) => {
  const {farm, gateway} = await stage.start(faulty({u1: '"500"', u2: '"500"'}));
  await farm.set('good', {fault: '500'});
  const answers = await Promise.all(times(100, () => gateway.ask(chat('auto'))));
  assert.deepEqual(count(answers, (answer) => answer.status), {502: 100});
  const spent = await farm.received();
  assert.ok(spent <= 60, `${spent} calls of 300`);
  const later = await Promise.all(times(100, () => gateway.ask(chat('auto'))));
  assert.deepEqual(count(later, (answer) => answer.status), {502: 100});
  const probes = (await farm.received()) - spent;
  assert.ok(probes <= 50, `${probes} calls to providers that are known to be down`);
  for (const id of ['u1', 'u2', 'good']) await farm.set(id, {fault: null});
  await eventually(async () => (await gateway.ask(chat('auto'))).status === 200, 'recovery', 30_000);
});
