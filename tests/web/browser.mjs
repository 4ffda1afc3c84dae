// A browser (Debian's Chromium) before a running `assay web` with a store of its own. ASSAY names the program.
import { execFile, spawn } from 'node:child_process';
import { appendFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');
const packages = createRequire(join(root, 'web/package.json'));
const { chromium } = packages('playwright-core');
const run = promisify(execFile);
export const program = process.env.ASSAY ?? join(root, 'build/test/bin/assay');
export const patience = Number(process.env.ASSAY_PATIENCE ?? 120_000); // milliseconds; it only ends what hangs
const password = 'correct horse battery';

const freePort = () =>
  new Promise((done) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });

/** `assay web` in a folder of its own. `world`: what tests/web/world.py makes, or nothing for an empty store. */
export class Host {
  static async start(world, { more = '' } = {}) {
    const host = new Host();
    host.folder = await mkdtemp(join(tmpdir(), 'assay-web-'));
    host.port = await freePort();
    host.base = `http://127.0.0.1:${host.port}`;
    host.config = join(host.folder, 'assay.toml');
    const zone = join(host.folder, 'zone');
    host.publish = (policy, network) =>
      writeFile(zone, `$ORIGIN com.\n_dmarc.example 60 IN TXT "v=DMARC1; p=${policy}; rua=mailto:reports@example.com"\nexample 60 IN TXT "v=spf1 ip4:${network} -all"\n`);
    await host.publish('quarantine', '192.0.2.0/24');
    await writeFile(
      host.config,
      `data = "${host.folder}/var"\n[dns]\nzone = "${zone}"\n[metrics]\naddress = ""\n[receive]\nlmtp = ""\nupload = ""\n[intake]\nverify = false\n[web]\nlisten = "127.0.0.1:${host.port}"\nfiles = "${root}/web/dist"\n${more}`,
    );
    if (world) {
      const reports = join(host.folder, 'reports');
      await run('python3', [join(root, 'tests/web/world.py'), reports, '--world', ...world.split(' ')]);
      await run(program, ['intake', 'add', '--config', host.config, '--no-verify', reports], { maxBuffer: 1 << 28 }).catch((failed) => {
        if (failed.code !== 65) throw failed; // 65: some were refused, as they should be
      });
    }
    await host.serve();
    return host;
  }

  async serve() {
    this.process = spawn(program, ['web', '--config', this.config], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.output = '';
    await new Promise((done, failed) => {
      const read = (octets) => {
        this.output += octets;
        const link = /Pages: (https?:\/\/\S+)/.exec(this.output);
        if (link) {
          this.link = link[1];
          done();
        }
      };
      this.process.stdout.on('data', read);
      this.process.stderr.on('data', read);
      this.process.on('error', failed);
      this.process.on('exit', (code) => failed(new Error(`assay web ended with ${code}: ${this.output}`)));
    });
  }

  /** Ends the server, and starts it with more in its configuration. */
  async restart(more) {
    await this.end();
    await appendFile(this.config, more);
    await this.serve();
  }

  /** What a command prints. */
  async command(...given) {
    return (await run(program, [...given, '--config', this.config], { maxBuffer: 1 << 26 })).stdout;
  }

  async end() {
    this.process.removeAllListeners('exit');
    const ended = new Promise((done) => this.process.on('exit', done));
    this.process.kill('SIGTERM');
    await ended;
  }

  async stop() {
    await this.end();
    await rm(this.folder, { recursive: true, force: true });
  }

  token() {
    return /token=([^\s"&]+)/.exec(this.output)?.[1] ?? '';
  }
}

/** A window. What no page may do is noted: errors, requests elsewhere, refusals by the Content-Security-Policy. */
export class Window {
  static async open(browser, host, options = {}) {
    const window = new Window();
    window.host = host;
    window.faults = [];
    window.context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', acceptDownloads: true, ...options });
    window.page = await window.context.newPage();
    window.page.setDefaultTimeout(patience);
    window.page.on('pageerror', (error) => window.faults.push(`error: ${error}`));
    window.page.on('console', (said) => {
      if (said.type() === 'error' && !/status of 4\d\d/.test(said.text())) window.faults.push(`console: ${said.text()}`);
    });
    window.page.on('request', (request) => {
      if (!request.url().startsWith(host.base) && !/^(blob|data):/.test(request.url())) window.faults.push(`asks elsewhere: ${request.url()}`);
    });
    window.refused = []; // what the server did not permit
    window.page.on('response', (answer) => {
      if (answer.status() === 403) window.refused.push(`${answer.request().method()} ${answer.url()}`);
    });
    window.page.on('dialog', (dialog) => {
      if (dialog.type() === 'alert') window.faults.push('an alert was opened');
      void dialog.accept();
    });
    return window;
  }

  /** Goes to a place and waits until nothing is loading any more. */
  async go(place) {
    await this.page.goto(this.host.base + '/' + place);
    await this.settled();
  }

  async settled() {
    await this.page.waitForFunction(() => document.querySelector('h1') && !/Loading .*…/.test(document.body.innerText) && !document.querySelector('[aria-busy="true"]'));
  }

  async setUp(name = 'alice') {
    await this.page.goto(this.host.link);
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Password', { exact: true }).fill(password);
    await this.page.getByLabel('The password again').fill(password);
    await this.page.getByRole('button', { name: 'Make the account' }).click();
    await this.page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor({ state: 'attached' });
  }

  async signIn(name, secret = password) {
    await this.page.getByLabel('Name').fill(name);
    await this.page.getByLabel('Password').fill(secret);
    await this.page.getByRole('button', { name: 'Sign in' }).click();
    await this.page.getByRole('navigation', { name: 'Pages', exact: true }).waitFor({ state: 'attached' });
  }

  /** Asks the interface as the signed-in user. */
  async api(method, path, body) {
    return this.page.evaluate(
      async ([how, where, what]) => {
        const { csrf } = await (await fetch('/api/v1/session')).json();
        const answer = await fetch('/api/v1' + where, { method: how, headers: { 'x-assay-csrf': csrf, 'content-type': 'application/json' }, body: what && JSON.stringify(what) });
        const text = await answer.text();
        return { status: answer.status, json: text ? JSON.parse(text) : null };
      },
      [method, path, body ?? null],
    );
  }

  /** The latest report of a kind. */
  async latest(kind) {
    return (await this.api('GET', `/reports?kind=${kind}&limit=1`)).json.reports[0].id;
  }

  /** What axe-core has against the page as it stands. */
  async violations() {
    await this.page.evaluate(await readFile(packages.resolve('axe-core/axe.min.js'), 'utf8'));
    return this.page.evaluate(async () => {
      const found = await globalThis.axe.run(document, { resultTypes: ['violations'] });
      return found.violations.map((each) => `${each.id}: ${each.nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(' | ')}`);
    });
  }

  /** How far the page stands out of its window, in pixels. */
  overflow() {
    return this.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  }

  /** Whether anything of a report was run or became an element. */
  hacked() {
    return this.page.evaluate(() => Boolean(globalThis.hacked) || document.querySelector('main script, main img[src="x"]') !== null);
  }

  close() {
    return this.context.close();
  }
}

export const openBrowser = () =>
  chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ['--no-sandbox', '--disable-dev-shm-usage'] });
