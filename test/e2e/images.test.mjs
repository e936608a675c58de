// Images that a client names by address, in front of providers that take their bytes alone: fetched once, and only from where
// nobody reaches into this network by naming an address.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import http from 'node:http';

import {CLIENT_KEY, scene} from './harness.mjs';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["sees", "reads"]
[[providers]]
id = "g"
wire = "gemini"
keys = ["k2"]
models = ["gemini-2.5-flash", "gemini-2.5-pro"]
`;

const config = (images) => `
[[client_keys]]
name = "test"
key = "${CLIENT_KEY}"
[[providers]]
id = "g"
dialect = "gemini"
base_url = "{g}"
keys = ["k2"]
limits = { concurrency = 1 }
models = [{ id = "gemini-2.5-flash", vision = true }, { id = "gemini-2.5-pro", vision = true }]
[[providers]]
id = "u1"
base_url = "{u1}"
keys = ["k1"]
models = [{ id = "sees", vision = true }, { id = "reads", vision = false }]
[profiles]
bytes = ["g/gemini-2.5-flash"]
bytes2 = ["g/gemini-2.5-flash", "g/gemini-2.5-pro"]
blind = ["g/gemini-2.5-flash", "u1/reads"]
both = ["g/gemini-2.5-flash", "u1/sees"]
address = ["u1/sees", "g/gemini-2.5-flash"]
[images]
${images}
`;

// A server of images on the loopback, and what was asked of it.
async function host(stage, answers) {
  const asked = [];
  const server = http.createServer((request, response) => {
    asked.push({path: request.url, headers: request.headers});
    const answer = answers[request.url.split('?')[0]];
    if (typeof answer === 'function') return answer(response);
    response.writeHead(answer ? 200 : 404, {'content-type': 'text/plain'}).end(answer ?? 'nothing');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stage.programs.push({name: 'images', said: '', stop: async () => {
    server.closeAllConnections();
    server.close();
    return {code: 0, signal: null};
  }});
  return {at: `http://127.0.0.1:${server.address().port}`, asked};
}

const TRUSTED = 'allow = ["127.0.0.0/8"]';

async function setUp(stage, answers, images = TRUSTED) {
  const server = await host(stage, answers);
  const {farm, gateway} = await stage.start({scenario: SCENARIO, config: config(images)});
  const ask = async (model, urls, more = {}) => {
    const parts = [urls].flat().map((url) => ({type: 'image_url', image_url: {url}}));
    const answer = await fetch(`${gateway.url}/v1/chat/completions`, {
      method: 'POST',
      headers: {authorization: `Bearer ${CLIENT_KEY}`, 'content-type': 'application/json', 'x-private': 'of the client'},
      body: JSON.stringify({model, messages: [{role: 'user', content: [{type: 'text', text: 'what?'}, ...parts]}], ...more}),
    });
    return {status: answer.status, headers: answer.headers, body: await answer.json()};
  };
  const refused = async (model, urls, pattern, code = 'image_unavailable', status = 400) => {
    const answer = await ask(model, urls);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    assert.equal(answer.body.error.code, code);
    assert.match(answer.body.error.message, pattern);
    return answer.body.error;
  };
  // The pictures of the last request of a provider, as it saw them.
  const seen = async (provider) => {
    const body = JSON.parse((await farm.requests(`provider=${provider}`)).at(-1).body);
    if (provider === 'g') return body.contents[0].parts.filter((part) => part.inlineData).map((part) => part.inlineData);
    return body.messages[0].content.filter((part) => part.image_url).map((part) => part.image_url.url);
  };
  return {farm, gateway, server, ask, refused, seen};
}

scene('an image by address reaches a provider that takes bytes', async (stage) => {
  const {server, ask, seen} = await setUp(stage, {'/a.png': PNG, '/b c.png': PNG, '/b%20c.png': PNG});
  const answer = await ask('auto:bytes', [`${server.at}/a.png?size=1#top`, `${server.at}/b c.png`, `${server.at}/a.png?size=1#top`]);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  const inline = {mimeType: 'image/png', data: PNG.toString('base64')};
  assert.deepEqual(await seen('g'), [inline, inline, inline], 'by what it is, whatever its server calls it');
  assert.deepEqual(server.asked.map((one) => one.path).sort(), ['/a.png?size=1', '/b%20c.png'], 'each once');
  for (const {headers} of server.asked) {
    assert.deepEqual(Object.keys(headers).sort(), ['accept', 'accept-encoding', 'host', 'user-agent'], 'nothing of the client goes along');
  }
});

scene('a provider that takes addresses gets the address, and nothing is fetched', async (stage) => {
  const {server, ask, seen} = await setUp(stage, {'/a.png': PNG});
  assert.equal((await ask('auto:address', `${server.at}/a.png`)).status, 200);
  assert.deepEqual(await seen('u1'), [`${server.at}/a.png`]);
  assert.equal(server.asked.length, 0);
});

scene('failover from an address to bytes fetches, and two attempts fetch once', async (stage) => {
  const {farm, server, ask, seen} = await setUp(stage, {'/a.png': PNG});
  await farm.set('u1', {fault: {kind: 'status', status: 503}});
  assert.equal((await ask('auto:address', `${server.at}/a.png`)).status, 200);
  assert.equal((await seen('g')).length, 1);
  assert.equal(server.asked.length, 1);

  await farm.set('g', {model: 'gemini-2.5-flash', fault: {kind: 'status', status: 500}});
  const answer = await ask('auto:bytes2', `${server.at}/a.png`);
  assert.equal(answer.status, 200, JSON.stringify(answer.body));
  assert.equal(answer.headers.get('x-fallback-attempts'), '1');
  assert.equal(server.asked.length, 2, 'once more for this request, whatever it tried');
});

scene('no place is held while an image comes', async (stage) => {
  let come;
  const {server, ask, seen} = await setUp(stage, {'/a.png': (response) => come(response)});
  const coming = new Promise((resolve) => (come = resolve));
  const first = ask('auto:bytes', `${server.at}/a.png`);
  const response = await coming;
  assert.equal((await ask('auto:bytes', [])).status, 200, 'the only place is free');
  response.writeHead(200).end(PNG);
  assert.equal((await first).status, 200);
  assert.equal((await seen('g')).length, 1);
});

scene('no address leads into this network', async (stage) => {
  const answers = {'/a.png': PNG};
  const {farm, server, gateway, refused} = await setUp(stage, answers, '');
  const port = new URL(server.at).port;
  const error = await refused('auto:bytes', `${server.at}/a.png`, /messages\[0\]\.content\[1\].*only public addresses/);
  assert.equal(error.param, 'messages[0].content[1].image_url');
  const forms = [`http://localhost:${port}/a.png`, `http://[::1]:${port}/a.png`, `http://[::ffff:127.0.0.1]:${port}/a.png`,
    `http://0x7f000001:${port}/a.png`, `http://2130706433:${port}/a.png`, `http://127.1:${port}/a.png`, 'http://169.254.169.254/latest/meta-data',
    'http://10.0.0.1/a.png', 'http://[fd00::1]/a.png', 'http://0.0.0.0/a.png', 'http://[64:ff9b::7f00:1]/a.png'];
  for (const url of forms) await refused('auto:bytes', url, /could not be fetched/);
  await refused('auto:bytes', `http://user:pass@127.0.0.1:${port}/a.png`, /user name or password/);
  assert.equal(server.asked.length, 0);
  assert.equal(await farm.received(), 0);
  const {benches} = await gateway.admin('benches');
  assert.deepEqual(benches, [], 'no provider is to blame');
});

scene('a redirect is followed where an address would be, and not beyond', async (stage) => {
  const to = (location) => (response) => response.writeHead(302, {location}).end();
  const answers = {'/a.png': PNG, '/once': to('/a.png'), '/away/up/there': to('../../a.png'), '/relative/x': to('y'), '/relative/y': PNG,
    '/loop': to('/loop'), '/nowhere': (response) => response.writeHead(302).end(), '/file': to('file:///etc/passwd')};
  const {server, ask, refused} = await setUp(stage, answers, 'allow = ["127.0.0.1"]');
  const port = new URL(server.at).port;
  answers['/inside'] = to(`http://[::1]:${port}/a.png`);
  answers['/metadata'] = to('http://169.254.169.254/latest/meta-data');
  for (const path of ['/once', '/relative/x', '/away/up/there']) assert.equal((await ask('auto:bytes', server.at + path)).status, 200, path);
  await refused('auto:bytes', `${server.at}/inside`, /only public addresses/);
  await refused('auto:bytes', `${server.at}/metadata`, /only public addresses/);
  await refused('auto:bytes', `${server.at}/nowhere`, /redirected nowhere/);
  await refused('auto:bytes', `${server.at}/file`, /could not be fetched/);
  const before = server.asked.length;
  await refused('auto:bytes', `${server.at}/loop`, /redirected more than 3 times/);
  assert.equal(server.asked.length - before, 4);
});

scene('what is too large, too slow, too many or no image is refused', async (stage) => {
  const large = Buffer.concat([PNG, Buffer.alloc(2000)]);
  const answers = {
    '/a.png': PNG,
    '/large': large,
    '/endless': (response) => {
      response.writeHead(200);
      response.write(PNG);
      response.write(Buffer.alloc(5000));
    },
    '/claims': (response) => {
      response.writeHead(200, {'content-length': 1e12});
      response.write(PNG);
    },
    '/half': Buffer.concat([PNG, Buffer.alloc(600)]),
    '/half2': Buffer.concat([PNG, Buffer.alloc(600)]),
    '/slow': (response) => response.writeHead(200).write(PNG),
    '/page.png': (response) => response.writeHead(200, {'content-type': 'image/png'}).end('<html></html>'),
  };
  const {farm, server, refused, ask} = await setUp(stage, answers, `${TRUSTED}\nmax_size = 1000\nmax_count = 2\ntimeout = "300ms"`);
  for (const path of ['/large', '/endless', '/claims']) await refused('auto:bytes', server.at + path, /larger than 1000 bytes/);
  await refused('auto:bytes', [`${server.at}/half`, `${server.at}/half2`], /larger than 1000 bytes/);
  assert.equal((await ask('auto:bytes', `${server.at}/half`)).status, 200);
  await refused('auto:bytes', `${server.at}/slow`, /did not come within/);
  await refused('auto:bytes', `${server.at}/page.png`, /no image/);
  await refused('auto:bytes', `${server.at}/missing`, /answered 404/);
  const many = await refused('auto:bytes', ['/a.png', '/half', '/half2'].map((path) => server.at + path), /no more than 2/);
  assert.equal(many.param, 'messages[0].content[3].image_url');
  assert.equal(await farm.received(), 1);
});

scene('an image that can\'t be had leaves the routes that take its address', async (stage) => {
  const {server, ask, seen, refused, farm} = await setUp(stage, {});
  assert.equal((await ask('auto:both', `${server.at}/gone.png`)).status, 200);
  assert.deepEqual(await seen('u1'), [`${server.at}/gone.png`]);
  await refused('auto:blind', `${server.at}/gone.png`, /answered 404/);
  assert.equal((await farm.stats('g')).received, 0);
});

scene('where nothing is fetched, who takes bytes is not asked', async (stage) => {
  const {server, gateway, ask, refused} = await setUp(stage, {'/a.png': PNG}, 'fetch = false');
  await refused('auto:bytes', `${server.at}/a.png`, /images\.fetch/, 'unsupported_capability', 422);
  assert.equal((await ask('auto:both', `${server.at}/a.png`)).status, 200);
  assert.equal(server.asked.length, 0);
  const messages = [{role: 'user', content: [{type: 'image_url', image_url: {url: `${server.at}/a.png`}}]}];
  const {left_out: left} = await gateway.admin('explain', {method: 'POST', body: {model: 'auto:both', messages}});
  assert.equal(left[0].reason, 'it takes images as data, no addresses');
});
