// Runs the real CLI against the simulator and compares what it prints with what the simulator holds.
// Usage: check.mjs SIMULATOR CLI. Prints one line per check; exits 1 at the first that fails.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TOKEN = 'HRKU-SIMULATED-0000-NOT-A-REAL-TOKEN';
const [simulatorPath, cliPath] = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), 'heroku-cli-'));
const simulator = spawn(simulatorPath, [], { stdio: ['ignore', 'pipe', 'inherit'] });

const url = await new Promise((resolve, reject) => {
  simulator.on('error', reject);
  simulator.on('exit', (code) => reject(new Error(`the simulator ended with ${code}`)));
  createInterface({ input: simulator.stdout }).on('line', (line) => resolve(line.replace('listening on ', '')));
});

/** Starts the CLI in a home of its own, so that no login of the user's is touched. */
function startCli(args, token = TOKEN) {
  const env = {
    PATH: process.env.PATH, HOME: home, HEROKU_HOST: url, HEROKU_API_KEY: token, NO_COLOR: '1', COLUMNS: '500',
    HEROKU_SKIP_NEW_VERSION_CHECK: '1', DISABLE_TELEMETRY: 'true', CI: '1',
  };
  return spawn(process.execPath, [cliPath, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
}

async function collect(stream) {
  let text = '';
  for await (const piece of stream.setEncoding('utf8')) text += piece;
  return text;
}

async function cli(args, token) {
  const child = startCli(args, token);
  const ended = new Promise((resolve) => child.on('close', resolve));
  const [stdout, stderr] = await Promise.all([collect(child.stdout), collect(child.stderr)]);
  return { code: await ended, stdout, stderr };
}

const api = async (path, range) => {
  const headers = { Accept: 'application/vnd.heroku+json; version=3', Authorization: `Bearer ${TOKEN}`, 'User-Agent': 'check' };
  return (await fetch(url + path, { headers: range ? { ...headers, Range: range } : headers })).json();
};
const admin = async (method, path, body) => {
  const headers = { 'Content-Type': 'application/json' };
  return (await fetch(`${url}/__simulator${path}`, { method, headers, body: body && JSON.stringify(body) })).json();
};

async function check(name, body) {
  await body();
  console.log(`heroku-cli: ${name}`);
}

/** The lines of a text without blanks around line and message: the CLI drops those a message begins with. */
const lines = (text) => text.split('\n').map((line) => line.trim().replace(/]:\s+/, ']: ')).filter((line) => line !== '');

try {
  await check('heroku apps lists the apps of the account', async () => {
    const { code, stdout, stderr } = await cli(['apps']);
    assert.equal(code, 0, stderr);
    const own = (await api('/users/~/apps')).map((app) => app.name);
    assert.equal(own.length, 5);
    for (const name of own) assert.ok(lines(stdout).includes(name), `${name} is missing in:\n${stdout}`);
    assert.ok(!stdout.includes('parcel-notices'), 'an app of a team was listed as own');
  });

  await check('heroku apps --all lists those of teams too', async () => {
    const { code, stdout, stderr } = await cli(['apps', '--all']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /parcel-notices/);
  });

  await check('heroku releases --json gives the bodies the API gives', async () => {
    const { code, stdout, stderr } = await cli(['releases', '-a', 'old-ledger', '-n', '300', '--json']);
    assert.equal(code, 0, stderr);
    assert.deepEqual(JSON.parse(stdout), await api('/apps/old-ledger/releases', 'version ..; max=300, order=desc'));
  });

  await check('heroku releases shows pending and failed ones', async () => {
    const { code, stdout, stderr } = await cli(['releases', '-a', 'lantern-shop', '-n', '50']);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /Current: v47/);
    assert.match(stdout, /v48 .*release command executing/);
    assert.match(stdout, /v37 .*release command failed/);
  });

  await check('heroku logs prints the whole history in its order', async () => {
    const { code, stdout, stderr } = await cli(['logs', '-a', 'old-ledger', '--num', '1500', '--no-color']);
    assert.equal(code, 0, stderr);
    const kept = await admin('GET', '/apps/old-ledger/log-lines');
    assert.equal(kept.length, 1500);
    assert.deepEqual(lines(stdout), lines(kept.join('\n')));
  });

  await check('heroku logs --source app --dyno-name web.1 filters', async () => {
    const { code, stdout, stderr } = await cli(['logs', '-a', 'lantern-shop', '--num', '1500', '--source', 'app', '--dyno-name', 'web.1']);
    assert.equal(code, 0, stderr);
    const kept = await admin('GET', '/apps/lantern-shop/log-lines');
    const wanted = kept.filter((line) => line.split(' ')[1] === 'app[web.1]:');
    assert.ok(wanted.length > 10);
    assert.deepEqual(lines(stdout), lines(wanted.join('\n')));
  });

  for (const [name, args] of [['cedar', ['-a', 'lantern-shop', '--tail', '--num', '1']], ['fir', ['-a', 'meadow-api']]]) {
    await check(`heroku logs follows an app on ${name}`, async () => {
      const child = startCli(['logs', ...args]);
      const app = args[1];
      let asked = 0;
      const writer = setInterval(() => admin('POST', `/apps/${app}/log-lines`, { lines: [`2026-11-02T10:00:00Z app[web.1]: follow ${++asked}`] }), 300);
      try {
        const seen = await new Promise((resolve, reject) => {
          child.on('close', (code) => reject(new Error(`the CLI ended with ${code} and had shown nothing new`)));
          createInterface({ input: child.stdout }).on('line', (line) => line.includes(': follow ') && resolve(line));
        });
        assert.match(seen, /^2026-11-02T10:00:00Z app\[web\.1\]: follow \d+$/);
      } finally {
        clearInterval(writer);
        child.kill();
      }
    });
  }

  await check('a wrong key and an unknown app are refused in words', async () => {
    const wrong = await cli(['apps'], 'HRKU-wrong');
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stderr, /token provided to HEROKU_API_KEY is invalid/);
    const unknown = await cli(['releases', '-a', 'no-such-app']);
    assert.notEqual(unknown.code, 0);
    assert.match(unknown.stderr, /Couldn't find that app/);
  });

  await check('the CLI broke none of the rules the simulator watches', async () => {
    assert.deepEqual(await admin('GET', '/violations'), []);
  });
} catch (problem) {
  console.error(`heroku-cli: ${problem.message}`);
  process.exitCode = 1;
} finally {
  simulator.removeAllListeners('exit');
  simulator.kill();
  rmSync(home, { recursive: true, force: true });
}
