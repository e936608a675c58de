// Who may use the dashboard's side of the admin API: the first account, logins, what a page must show to change things.
import assert from 'node:assert/strict';
import {once} from 'node:events';
import {readFileSync} from 'node:fs';
import http from 'node:http';
import {gunzipSync} from 'node:zlib';

import {chat, median, scene} from './harness.mjs';

const TOKEN = 'token-of-the-administrator-1234';
const PASSWORD = 'correct horse battery';
const SECRET = 'sk-upstream-secret-of-k1';
const SCENARIO = `
[[providers]]
id = "u1"
keys = ["${SECRET}"]
models = ["m1"]
`;
const CONFIG = `
[server]
admin_token = "${TOKEN}"
[[providers]]
id = "u1"
base_url = "{u1}"
keys = [{ key = "${SECRET}", name = "first" }]
[[providers.models]]
id = "m1"
`;

const start = (stage, config = CONFIG) => stage.start({scenario: SCENARIO, config});

// A browser at an address of its own of this machine: it keeps its cookie and shows what changes need.
class Browser {
  constructor(url, localAddress = '127.0.0.1') {
    Object.assign(this, {url, localAddress});
  }

  async ask(target, {method = 'GET', body, headers = {}, cookie = this.cookie, csrf = this.csrf} = {}) {
    const request = http.request(this.url + target, {
      method,
      agent: false,
      localAddress: this.localAddress,
      headers: {
        ...(body && {'content-type': 'application/json'}),
        ...(cookie && {cookie}),
        ...(csrf && method !== 'GET' && {'x-freeway-csrf': csrf}),
        ...headers,
      },
    });
    request.end(body && JSON.stringify(body));
    const [answer] = await once(request, 'response');
    const parts = [];
    for await (const part of answer) parts.push(part);
    const text = Buffer.concat(parts).toString();
    const json = /^application\/json/.test(answer.headers['content-type'] ?? '') ? JSON.parse(text) : undefined;
    return {status: answer.statusCode, headers: answer.headers, text, json};
  }

  // The answer's bytes as they come.
  async open(target, headers) {
    const [answer] = await once(http.get(this.url + target, {agent: false, headers}), 'response');
    const parts = [];
    for await (const part of answer) parts.push(part);
    return {status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts)};
  }

  admin(target, options) {
    return this.ask(`/admin/api/${target}`, options);
  }

  change(target, body, options) {
    return this.admin(target, {method: 'POST', body, ...options});
  }

  keep(answer) {
    const [cookie] = answer.headers['set-cookie'] ?? [];
    this.cookie = cookie?.split(';')[0];
    this.csrf = answer.json?.csrf;
    return answer;
  }

  async setUp(more = {}) {
    return this.keep(await this.change('setup', {account: 'admin', password: PASSWORD, ...more}));
  }

  async logIn(password = PASSWORD, account = 'admin') {
    const answer = await this.change('session', {account, password});
    if (answer.status === 200) this.keep(answer);
    return answer;
  }
}

const code = (answer) => answer.json.error.code;

scene('X2 of two first accounts at once exactly one is made', async (stage) => {
  const {gateway} = await start(stage);
  const browser = new Browser(gateway.url);
  const before = (await browser.admin('session')).json;
  assert.deepEqual([before.state, before.code_needed, before.account, before.csrf], ['setup', false, null, null]);
  const both = await Promise.all([new Browser(gateway.url).setUp(), new Browser(gateway.url).setUp({account: 'other'})]);
  assert.deepEqual(both.map((answer) => answer.status).sort(), [201, 409]);
  const refused = both.find((answer) => answer.status === 409);
  assert.equal(code(refused), 'account_exists');
  assert.equal(refused.headers['set-cookie'], undefined);
  const made = both.find((answer) => answer.status === 201);
  assert.match(made.headers['set-cookie'][0], /^freeway_session=[A-Za-z0-9]{43}; Path=\/; Max-Age=2592000; HttpOnly; SameSite=Strict$/);
  assert.equal(made.json.state, 'in');
  const {account} = made.json;
  assert.equal((await browser.admin('session')).json.state, 'login');
  assert.equal((await browser.logIn(PASSWORD, account)).status, 200);
  assert.equal((await browser.admin('session')).json.account, account);
});

// A reverse proxy on the same machine, as they usually stand in front of a program.
async function reverseProxy(to, change) {
  const server = http.createServer((request, answer) => {
    const headers = {...request.headers, ...change(request)};
    const onward = http.request(to + request.url, {method: request.method, headers, agent: false}, (got) => {
      answer.writeHead(got.statusCode, got.headers);
      got.pipe(answer);
    });
    request.pipe(onward);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

scene('X2 through a proxy on the same machine the first account needs the one-time code', async (stage) => {
  const {gateway} = await start(stage);
  for (const change of [(request) => ({'x-forwarded-for': request.socket.remoteAddress}), () => ({via: '1.1 front'}), () => ({forwarded: 'for=_hidden'})]) {
    const proxy = await reverseProxy(gateway.url, change);
    try {
      const browser = new Browser(`http://127.0.0.1:${proxy.address().port}`);
      assert.equal((await browser.admin('session')).json.code_needed, true);
      const refused = await browser.setUp();
      assert.deepEqual([refused.status, code(refused)], [403, 'code_needed']);
      const wrong = await browser.setUp({code: 'aaaa-bbbb-cccc'});
      assert.deepEqual([wrong.status, code(wrong)], [403, 'wrong_code']);
    } finally {
      proxy.close();
    }
  }
  // A page that is not ours may not make it either, though it runs on this machine.
  const elsewhere = await new Browser(gateway.url).change('setup', {password: PASSWORD}, {headers: {origin: 'http://localhost:3000'}});
  assert.equal(code(elsewhere), 'code_needed');

  const inLog = await gateway.line((line) => /one-time code is ([a-z0-9-]{14})/.exec(line)?.[1]);
  const status = await gateway.command(['status']);
  const [, oneTime] = /one-time code (\S+)/.exec(status.out);
  assert.equal(oneTime, inLog);
  assert.equal((await gateway.admin('session')).code, oneTime);
  const proxy = await reverseProxy(gateway.url, () => ({'x-forwarded-for': '203.0.113.9'}));
  try {
    const browser = new Browser(`http://127.0.0.1:${proxy.address().port}`);
    const made = await browser.setUp({code: oneTime.toUpperCase().replaceAll('-', ' ')});
    assert.equal(made.status, 201);
    assert.equal((await browser.admin('status')).status, 200);
    assert.equal(code(await new Browser(browser.url).setUp({code: oneTime})), 'account_exists', 'it counts once');
  } finally {
    proxy.close();
  }
  assert.doesNotMatch((await gateway.command(['status'])).out, /one-time/);
});

scene('the one-time code can not be guessed by trying', async (stage) => {
  const {gateway} = await start(stage);
  const headers = {'x-forwarded-for': '203.0.113.9'};
  const statuses = [];
  for (let i = 0; i < 7; ++i) {
    statuses.push((await new Browser(gateway.url).change('setup', {password: PASSWORD, code: `aaaa-bbbb-ccc${i}`}, {headers})).status);
  }
  assert.deepEqual(statuses, [403, 403, 403, 403, 403, 429, 429]);
  assert.equal((await new Browser(gateway.url).admin('session')).json.state, 'setup');
});

scene('X3 six wrong passwords close the door to their address alone, and unknown accounts take as long', async (stage) => {
  const {gateway} = await start(stage);
  const owner = new Browser(gateway.url);
  await owner.setUp();
  const attacker = new Browser(gateway.url, '127.0.0.2');
  const statuses = [];
  for (let i = 0; i < 6; ++i) statuses.push(await attacker.logIn(`wrong password ${i}`));
  assert.deepEqual(statuses.map((answer) => answer.status), [401, 401, 401, 401, 401, 429]);
  assert.equal(code(statuses[0]), 'wrong_password');
  assert.equal(code(statuses[5]), 'throttled');
  assert.ok(Number(statuses[5].headers['retry-after']) >= 1);
  assert.equal((await attacker.logIn()).status, 429, 'nothing from there is tried, a right password neither');
  const elsewhere = new Browser(gateway.url, '127.0.0.3');
  assert.equal((await elsewhere.logIn()).status, 200);
  assert.equal((await elsewhere.admin('status')).status, 200);
  assert.equal((await owner.admin('status')).status, 200, 'who is in stays in');

  // Many at once from one address are no way around it.
  const crowd = await Promise.all(Array.from({length: 20}, () => new Browser(gateway.url, '127.0.0.4').logIn('wrong password')));
  assert.equal(crowd.filter((answer) => answer.status === 401).length, 5);
  assert.equal(crowd.filter((answer) => answer.status === 429).length, 15);

  const times = {known: [], unknown: []};
  for (let i = 0; i < 12; ++i) {
    const guesser = new Browser(gateway.url, `127.0.1.${i + 1}`);
    for (const [which, account] of [['known', 'admin'], ['unknown', `nobody-${i}`]]) {
      const began = performance.now();
      const answer = await guesser.logIn('wrong password', account);
      times[which].push(performance.now() - began);
      assert.deepEqual([answer.status, code(answer), answer.json.error.message], [401, 'wrong_password', statuses[0].json.error.message]);
    }
  }
  const ratio = median(times.unknown) / median(times.known);
  assert.ok(ratio > 0.5 && ratio < 2, `unknown accounts take ${ratio.toFixed(2)} times as long`);
});

scene('X3 a flood of logins from many addresses takes bounded memory and leaves the owner alone', async (stage) => {
  const {gateway} = await start(stage);
  const owner = new Browser(gateway.url);
  await owner.setUp();
  const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${gateway.pid}/status`, 'utf8'))[1]) / 1024;
  const before = peak();
  const flood = Array.from({length: 80}, (_, i) => new Browser(gateway.url, `127.0.2.${i + 1}`).logIn('wrong password'));
  const again = new Browser(gateway.url);
  assert.equal((await again.logIn()).status, 200);
  const statuses = (await Promise.all(flood)).map((answer) => answer.status);
  assert.deepEqual(statuses.filter((status) => ![401, 503].includes(status)), []);
  assert.ok(statuses.includes(401) && statuses.includes(503), 'some were heard, and some told to come again');
  assert.ok(peak() - before < 160, `two hashes at once take 128 MiB, not ${Math.round(peak() - before)}`);
  assert.equal((await owner.admin('status')).status, 200);
});

scene('A4 no key, token or session opens what is not its own', async (stage) => {
  const {farm, gateway} = await start(stage);
  const browser = new Browser(gateway.url);
  await browser.setUp();
  const {cookie} = browser;
  // The session on /v1.
  for (const headers of [{cookie}, {cookie, authorization: `Bearer ${cookie.split('=')[1]}`}, {cookie, 'x-freeway-csrf': browser.csrf}]) {
    const answer = await gateway.ask(chat('m1'), {key: null, headers});
    assert.equal(answer.status, 401);
  }
  assert.equal(await farm.received(), 0);
  // A client key on the admin API, beside a good session too.
  assert.equal((await gateway.ask(undefined, {target: '/admin/api/status', method: 'GET'})).status, 401);
  assert.equal((await gateway.ask(undefined, {target: '/admin/api/status', method: 'GET', headers: {cookie}})).status, 401);
  // Secrets in the address, and a session as a token.
  const value = cookie.split('=')[1];
  for (const query of [`token=${TOKEN}`, `access_token=${TOKEN}`, `freeway_session=${value}`, `key=${value}`]) {
    assert.equal((await gateway.ask(undefined, {target: `/admin/api/status?${query}`, method: 'GET', key: null})).status, 401);
  }
  assert.equal((await gateway.ask(undefined, {target: '/admin/api/status', method: 'GET', key: value})).status, 401);
  // What opens it.
  assert.equal((await browser.admin('status')).status, 200);
  assert.equal((await gateway.ask(undefined, {target: '/admin/api/status', method: 'GET', key: TOKEN})).status, 200);
});

scene('what a browser changes must come from a page of ours, under a name of ours', async (stage) => {
  const {gateway} = await start(stage);
  const browser = new Browser(gateway.url);
  await browser.setUp();
  for (const csrf of [null, 'wrong', browser.csrf.slice(1), browser.csrf.replace(/.$/, (c) => (c === '0' ? '1' : '0'))]) {
    const answer = await browser.change('benches/lift', undefined, {csrf});
    assert.deepEqual([answer.status, code(answer)], [403, 'csrf']);
  }
  assert.equal((await browser.admin('sessions/x', {method: 'DELETE', csrf: null})).status, 403);
  assert.deepEqual((await browser.change('benches/lift')).json, {lifted: 0});
  // Another session's does not count.
  const other = new Browser(gateway.url);
  await other.logIn();
  assert.notEqual(other.csrf, browser.csrf);
  assert.equal((await browser.change('benches/lift', undefined, {csrf: other.csrf})).status, 403);

  for (const headers of [{host: 'evil.example'}, {host: `evil.example:${gateway.port}`}, {origin: 'https://evil.example'}, {origin: 'null'}]) {
    for (const ask of [() => browser.admin('session', {headers}), () => browser.change('benches/lift', undefined, {headers}),
      () => browser.change('session', {password: PASSWORD}, {headers}), () => browser.change('setup', {password: PASSWORD}, {headers})]) {
      const answer = await ask();
      assert.deepEqual([answer.status, code(answer)], [403, 'host_not_allowed'], JSON.stringify(headers));
    }
  }
  for (const answer of [await browser.admin('status'), await browser.admin('nothing'), await browser.admin('status', {cookie: null})]) {
    const {headers} = answer;
    assert.equal(headers['cache-control'], 'no-store', answer.text);
    assert.equal(headers['x-content-type-options'], 'nosniff');
    assert.equal(headers['cross-origin-opener-policy'], 'same-origin');
    assert.match(headers['content-security-policy'], /frame-ancestors 'none'/);
    assert.equal(headers['access-control-allow-origin'], undefined);
  }
});

scene('sessions are listed, ended at once, and outlive a restart', async (stage) => {
  const {gateway} = await start(stage);
  const first = new Browser(gateway.url);
  await first.setUp();
  const second = new Browser(gateway.url, '127.0.0.2');
  await second.change('session', {password: PASSWORD}, {headers: {'user-agent': 'Browser/1'}}).then((answer) => second.keep(answer));
  let {sessions} = (await first.admin('sessions')).json;
  assert.deepEqual(sessions.map((one) => [one.account, one.address, one.agent, one.current]), [
    ['admin', '127.0.0.2', 'Browser/1', false],
    ['admin', '127.0.0.1', null, true],
  ]);
  for (const one of sessions) assert.ok(one.created <= one.seen && one.seen < one.expires);
  // A reader of events is shown out, too.
  const events = http.get(`${gateway.url}/admin/api/events`, {headers: {cookie: second.cookie}, agent: false});
  const [stream] = await once(events, 'response');
  assert.equal(stream.statusCode, 200);
  const over = new Promise((resolve) => stream.once('end', resolve));
  stream.resume();
  assert.equal((await first.admin(`sessions/${sessions[0].id}`, {method: 'DELETE'})).status, 200);
  const shut = await second.admin('status');
  assert.deepEqual([shut.status, code(shut)], [401, 'session_over']);
  await over;
  assert.equal((await first.admin(`sessions/${sessions[0].id}`, {method: 'DELETE'})).status, 404);

  const third = new Browser(gateway.url);
  await third.logIn();
  const out = await third.admin('session', {method: 'DELETE'});
  assert.equal(out.status, 204);
  assert.match(out.headers['set-cookie'][0], /^freeway_session=; Path=\/; Max-Age=0; HttpOnly; SameSite=Strict$/);
  assert.equal((await third.admin('session')).json.state, 'login');

  await gateway.stop();
  const again = await stage.gateway(readFileSync(gateway.configFile, 'utf8'), {data: gateway.data});
  first.url = second.url = third.url = again.url;
  assert.equal((await first.admin('session')).json.state, 'in');
  assert.equal((await first.admin('session')).json.csrf, first.csrf);
  for (const gone of [second, third]) assert.equal((await gone.admin('status')).status, 401);
  ({sessions} = (await first.admin('sessions')).json);
  assert.equal(sessions.length, 1);
});

scene('a new password ends the other sessions; over the socket the old one is not needed', async (stage) => {
  const {gateway} = await start(stage);
  const first = new Browser(gateway.url);
  await first.setUp();
  const second = new Browser(gateway.url);
  await second.logIn();
  assert.equal(code(await first.change('session/password', {old: 'not the old one', new: 'another good one'})), 'wrong_password');
  assert.equal(code(await first.change('session/password', {old: PASSWORD, new: 'short one'})), 'weak_password');
  assert.equal((await second.admin('status')).status, 200);
  assert.equal((await first.change('session/password', {old: PASSWORD, new: 'another good one'})).status, 200);
  assert.equal((await second.admin('status')).status, 401);
  assert.equal((await first.admin('status')).status, 200);
  assert.equal((await second.logIn()).status, 401);
  assert.equal((await second.logIn('another good one')).status, 200);
  await gateway.admin('session/password', {method: 'POST', body: {new: 'from the terminal'}});
  for (const one of [first, second]) assert.equal((await one.admin('status')).status, 401);
  assert.equal((await first.logIn('from the terminal')).status, 200);
  for (const weak of ['', 'short', '123456789']) {
    assert.equal((await new Browser(gateway.url).setUp({password: weak})).status, 409);
  }
});

scene('keys are revealed to a browser that confirmed its password, and changes leave rows in the audit', async (stage) => {
  const {gateway} = await start(stage);
  const stored = 'sk-stored-in-the-dashboard-0042';
  gateway.hides([stored]);
  const browser = new Browser(gateway.url);
  assert.equal(code(await browser.setUp({password: 'too short'})), 'weak_password');
  await browser.setUp();
  const added = await browser.change('keys', {provider: 'u1', value: stored, check: false});
  assert.equal(added.status, 201, added.text);
  assert.equal(code(await browser.change('keys/reveal')), 'confirm_needed');
  assert.equal((await gateway.ask(undefined, {target: '/admin/api/keys/reveal', key: TOKEN})).status, 403, 'the token does not');
  assert.equal((await browser.change('session/confirm', {password: 'a wrong password'})).status, 401);
  const confirmed = await browser.change('session/confirm', {password: PASSWORD});
  assert.ok(Date.parse(confirmed.json.confirmed_until) > Date.now());
  assert.equal((await browser.admin('session')).json.confirmed_until.slice(0, 16), confirmed.json.confirmed_until.slice(0, 16));
  const revealed = await browser.change('keys/reveal');
  assert.deepEqual(revealed.json.keys.map((key) => [key.provider, key.value]), [['u1', stored]]);
  const {id, name} = added.json.keys[0];
  assert.equal((await browser.admin(`keys/${id}`, {method: 'DELETE'})).status, 200);
  assert.equal((await gateway.ask('{"name":"phone"}', {target: '/admin/api/clients', key: TOKEN})).status, 201);
  await gateway.admin('reload', {method: 'POST'});
  await new Browser(gateway.url, '127.0.0.9').logIn('a wrong password');

  const {audit, next} = (await browser.admin('audit')).json;
  assert.equal(next, null);
  const rows = audit.map((row) => [row.who, row.address, row.action, row.subject, row.outcome]).reverse();
  assert.deepEqual(rows, [
    [null, '127.0.0.1', 'setup', null, 'refused'],
    ['admin', '127.0.0.1', 'setup', null, 'done'],
    ['admin', '127.0.0.1', 'keys.add', `u1 ${name}`, 'done'],
    ['admin', '127.0.0.1', 'keys.reveal', null, 'refused'],
    ['token', '127.0.0.1', 'keys.reveal', null, 'refused'],
    ['admin', '127.0.0.1', 'session.confirm', null, 'refused'],
    ['admin', '127.0.0.1', 'session.confirm', null, 'done'],
    ['admin', '127.0.0.1', 'keys.reveal', null, 'done'],
    ['admin', '127.0.0.1', 'keys.remove', `u1 ${name}`, 'done'],
    ['token', '127.0.0.1', 'clients.add', 'phone', 'done'],
    ['socket', null, 'reload', null, 'done'],
    [null, '127.0.0.9', 'session.add', null, 'refused'],
  ]);
  const page = (await browser.admin('audit?limit=5')).json;
  assert.equal(page.audit.length, 5);
  assert.deepEqual((await browser.admin(`audit?limit=5&before=${page.next}`)).json.audit, audit.slice(5, 10));
  for (const secret of [stored, PASSWORD, browser.cookie.split('=')[1]]) assert.ok(!JSON.stringify(audit).includes(secret));
  gateway.hides([PASSWORD, browser.cookie.split('=')[1], browser.csrf]);
});

scene('a browser gets the page in gzip with a tag of its own, and others the line of text', async (stage) => {
  const {gateway} = await start(stage);
  const browser = new Browser(gateway.url);
  const accept = 'text/html,application/xhtml+xml,*/*;q=0.8';
  const plain = await browser.ask('/', {headers: {accept}});
  assert.equal(plain.status, 200);
  assert.equal(plain.headers['content-type'], 'text/html; charset=utf-8');
  assert.match(plain.text, /^<!doctype html>/);
  assert.equal(plain.headers['content-encoding'], undefined);
  const packed = await browser.open('/', {accept, 'accept-encoding': 'gzip, deflate, br'});
  assert.equal(packed.headers['content-encoding'], 'gzip');
  assert.equal(packed.headers.vary, 'accept, accept-encoding');
  assert.equal(gunzipSync(packed.bytes).toString(), plain.text);
  assert.match(packed.headers.etag, /^"[0-9a-f]{32}"$/);
  assert.notEqual(packed.headers.etag, plain.headers.etag);
  for (const [encoding, answer] of [['gzip', packed], ['identity', plain]]) {
    const again = await browser.open('/', {accept, 'accept-encoding': encoding, 'if-none-match': answer.headers.etag});
    assert.equal(again.status, 304);
    assert.equal(again.bytes.length, 0);
    assert.equal(again.headers.etag, answer.headers.etag);
  }
  assert.match(plain.headers['content-security-policy'], /script-src 'self'; style-src 'self';.*frame-ancestors 'none'/);
  assert.equal(plain.headers['x-content-type-options'], 'nosniff');
  assert.equal(plain.headers['cross-origin-opener-policy'], 'same-origin');
  for (const [, part] of plain.text.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
    const file = await browser.open(part, {'accept-encoding': 'gzip'});
    assert.deepEqual([file.status, file.headers['content-encoding']], [200, 'gzip'], part);
  }
  for (const headers of [{}, {accept: '*/*'}, {accept: 'application/json'}]) {
    const line = await browser.ask('/', {headers});
    assert.match(line.text, /^freeway: an OpenAI-compatible gateway/);
    assert.equal(line.headers.vary, 'accept');
  }
  assert.equal((await browser.ask('/', {headers: {accept, host: 'evil.example'}})).status, 403);
});
