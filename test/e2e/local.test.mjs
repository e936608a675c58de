// What surrounds the program on its machine: the socket for commands, the service manager, and proxies on the way out.
import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {existsSync, statSync} from 'node:fs';
import http from 'node:http';
import net from 'node:net';
import path from 'node:path';
import readline from 'node:readline';

import {chat, eventually, scene} from './harness.mjs';

const SCENARIO = `
[[providers]]
id = "u1"
keys = ["k1"]
models = ["m1"]
`;
const ONE = `[[providers]]\nid = "u1"\nbase_url = "{u1}"\nkeys = ["k1"]\n[[providers.models]]\nid = "m1"\n`;

async function ask(socketPath, target) {
  const request = http.get({socketPath, path: target, agent: false});
  const [answer] = await once(request, 'response');
  let text = '';
  for await (const part of answer) text += part;
  return {status: answer.statusCode, text};
}

scene('the data directory has a socket for its owner: replaced after a crash, gone after the end', async (stage) => {
  const {gateway} = await stage.start({scenario: SCENARIO, config: ONE});
  const socket = path.join(gateway.data, 'freeway.sock');
  assert.equal(statSync(socket).mode & 0o777, 0o600);
  assert.deepEqual(await ask(socket, '/livez'), {status: 200, text: 'ok\n'});
  gateway.kill('SIGKILL');
  await gateway.exited;
  assert.ok(existsSync(socket), 'a crash leaves it');
  const again = await stage.gateway(`[catalog]\nbuiltin = false\n`, {data: gateway.data});
  assert.deepEqual(await ask(socket, '/livez'), {status: 200, text: 'ok\n'});
  assert.deepEqual(await again.stop(), {code: 0, signal: null});
  assert.ok(!existsSync(socket));
});

// A service manager's end: prints every datagram as a line of JSON.
const LISTENER = `
import json, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('"ready"', flush=True)
while True: print(json.dumps(s.recv(4096).decode()), flush=True)
`;

scene('the service manager hears of the start, a reload, signs of life and the end', async (stage) => {
  const socket = path.join(stage.directory(), 'notify');
  const manager = spawn('python3', ['-c', LISTENER, socket], {stdio: ['ignore', 'pipe', 'inherit']});
  const heard = [];
  readline.createInterface({input: manager.stdout}).on('line', (line) => heard.push(JSON.parse(line)));
  try {
    await eventually(() => heard.length === 1, 'the manager listens');
    const env = {NOTIFY_SOCKET: socket, WATCHDOG_USEC: '200000'};
    const {gateway} = await stage.start({scenario: SCENARIO, config: ONE, env});
    const all = () => heard.join('\n');
    await eventually(() => all().includes(`READY=1\nSTATUS=listens on 127.0.0.1:${gateway.port}`), 'READY');
    await eventually(() => heard.filter((text) => text === 'WATCHDOG=1').length >= 2, 'signs of life');
    const before = heard.length;
    gateway.kill('SIGHUP');
    await eventually(() => heard.slice(before).some((text) => /^RELOADING=1\nMONOTONIC_USEC=\d+/.test(text)), 'RELOADING');
    await eventually(() => heard.slice(before).some((text) => text.startsWith('READY=1')), 'READY again');
    assert.deepEqual(await gateway.stop(), {code: 0, signal: null});
    await eventually(() => heard.some((text) => text.startsWith('STOPPING=1')), 'STOPPING');
  } finally {
    manager.kill();
  }
});

// A SOCKS 5 proxy with one user, which knows one name. `seen` lists what it was asked for.
async function proxy({password, knows, at}) {
  const seen = [];
  const server = net.createServer((client) => {
    client.on('error', () => {});
    let bytes = Buffer.alloc(0);
    let step = 'greeting';
    const say = (...values) => client.write(Buffer.from(values));
    client.on('data', function take(part) {
      bytes = Buffer.concat([bytes, part]);
      if (step === 'greeting' && bytes.length >= 2 + bytes[1]) {
        assert.ok(bytes.subarray(2, 2 + bytes[1]).includes(2));
        bytes = bytes.subarray(2 + bytes[1]);
        step = 'user';
        say(5, 2);
      }
      if (step === 'user' && bytes.length > 2 && bytes.length >= 3 + bytes[1] + bytes[2 + bytes[1]]) {
        const size = 3 + bytes[1] + bytes[2 + bytes[1]];
        const right = bytes.subarray(3 + bytes[1], size).toString() === password;
        bytes = bytes.subarray(size);
        step = 'target';
        say(1, right ? 0 : 1);
        if (!right) client.end();
      }
      if (step === 'target' && bytes.length >= 7 + bytes[4]) {
        const name = bytes.subarray(5, 5 + bytes[4]).toString();
        seen.push(name);
        client.off('data', take);
        if (bytes[3] !== 3 || name !== knows) return say(5, 4, 0, 1, 0, 0, 0, 0, 0, 0);
        const target = net.connect(at, '127.0.0.1', () => {
          say(5, 0, 0, 1, 127, 0, 0, 1, 0, 0);
          client.pipe(target).pipe(client);
        });
        target.on('error', () => client.destroy());
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {server, seen, port: server.address().port};
}

scene('X7 a SOCKS proxy resolves and carries; a wrong password or no proxy at all never means going direct', async (stage) => {
  const farm = await stage.farm(SCENARIO);
  const base = new URL(farm.providers.u1);
  const socks = await proxy({password: 'hidden-right', knows: 'provider.invalid', at: Number(base.port)});
  try {
    const configured = (address, password) =>
      `[catalog]\nbuiltin = false\n[[client_keys]]\nname = "test"\nkey = "fw-test-key-0123456789"\n` +
      `[[providers]]\nid = "u1"\nbase_url = "${base.protocol}//${address}:${base.port}${base.pathname}"\nkeys = ["k1"]\n` +
      `proxy = "socks5h://me:${password}@127.0.0.1:${socks.port}"\n[[providers.models]]\nid = "m1"\n`;
    const gateway = await stage.gateway(configured('provider.invalid', 'hidden-right'));
    const key = 'fw-test-key-0123456789';
    const good = await gateway.ask(chat('m1'), {key});
    assert.equal(good.status, 200, good.text);
    assert.deepEqual(socks.seen, ['provider.invalid']);
    const {received: first, connections: {opened: before}} = await farm.stats('u1');
    assert.equal(first, 1);

    // From here on the provider could be reached directly.
    assert.match(await gateway.reload(configured('127.0.0.1', 'hidden-wrong')), /reloaded/);
    const refused = await gateway.ask(chat('m1'), {key});
    assert.equal(refused.status, 502);
    assert.equal(refused.headers['x-fallback-trail'], 'u1/m1 key#1=proxy');
    assert.match(refused.json.error.message, new RegExp(`through the proxy 127.0.0.1:${socks.port}: it refused the user's name`));
    socks.server.close();
    await eventually(async () => {
      const gone = await gateway.ask(chat('m1'), {key});
      assert.equal(gone.status, 502);
      return /nobody listens there/.test(gone.text);
    }, 'the proxy is gone');
    const {received, connections: {opened}} = await farm.stats('u1');
    assert.deepEqual([received, opened], [1, before], 'nothing went around it');
    assert.doesNotMatch(gateway.said, /hidden/);
  } finally {
    socks.server.close();
  }
});
