import assert from "node:assert/strict";
import { chmod, copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { userInfo } from "node:os";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { Finding, Severity } from "../../functions/doctor/check.ts";
import { checks } from "../../functions/doctor/checks.ts";
import { doctorText } from "../../functions/doctor/doctor-text.ts";
import { createExamination, type Places } from "../../functions/doctor/examination.ts";
import { examine } from "../../functions/doctor/examine.ts";
import { hookPath } from "../../functions/shared/spool/hook-path.ts";
import { steps } from "../../functions/registry.ts";
import { openQueues } from "../../functions/shared/queue/open-queues.ts";
import { createSite, type Site } from "../fakes/site.ts";
import { saveDatabase } from "../fakes/vmcatcher/database.ts";

/** What a test asks the doctor. */
interface Question {
  readonly only?: readonly string[];
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly places?: Partial<Places>;
  readonly nodeVersion?: string;
  readonly inContainer?: boolean;
  readonly now?: Date;
  /** What OpenNebula says that its version is. */
  readonly version?: string;
}

/** A complete installation on this host in which everything is well, for a test to break. */
export interface Installation {
  readonly site: Site;
  readonly env: Readonly<Record<string, string>>;
  readonly places: Places;
  readonly cronFile: string;
  readonly hook: string;
  /** Lines of the cron file before the one that runs vmcatcher; `user` is who runs it. */
  cron(variables: Readonly<Record<string, string>>, user?: string): Promise<void>;
  /** The variables that the healthy cron file has. */
  readonly cronVariables: Readonly<Record<string, string>>;
  doctor(
    question?: Question,
  ): Promise<{ readonly findings: readonly Finding[]; readonly text: string }>;
  /** Asks one check, and looks for a finding of it, in what a person sees too. */
  tells(
    check: string,
    expected: { readonly severity: Severity; readonly seen: RegExp; readonly fix?: RegExp },
    question?: Question,
  ): Promise<void>;
}

/** The image that vmcatcher's database knows; it is not downloaded. */
export const ENDORSED = "5d6b9a47-6b3c-5f9c-8a3e-0f3b9f0f3a11";

/** The user that is somebody else on every host. */
export const STRANGER = "nobody";

/** @param options as of `createSite` */
export async function createInstallation(
  t: TestContext,
  options: Parameters<typeof createSite>[0] = {},
): Promise<Installation> {
  const site = await createSite(options);
  t.after(() => site.close());
  const { home, spoolDirectory, stagingDirectory } = site.config;
  for (const directory of [
    join(spoolDirectory, "new"),
    join(spoolDirectory, "tmp"),
    stagingDirectory,
  ]) {
    await mkdir(directory, { recursive: true, mode: 0o750 });
  }
  await chmod(home, 0o750);
  const queues = openQueues(site.config);
  await Promise.all(Object.keys(steps).map((name) => queues.open(name)));
  await queues.close();
  await writeFile(join(site.vmcatcher.cacheDirectory, "cache.index"), "{}");
  const listed = { identifier: ENDORSED, file: "", title: "", version: "", sha512: "", size: 1 };
  saveDatabase(
    site.config.vmcatcherDatabase,
    new Map([[ENDORSED, { ...listed, list: "L" }]]),
    new Set([ENDORSED]),
  );
  const hook = join(site.directory, "vmcatcher-hook");
  await copyFile(hookPath(), hook);
  await chmod(hook, 0o755);
  const onedConf = join(site.directory, "oned.conf");
  await writeFile(
    onedConf,
    RESTRICTED.map((name) => `IMAGE_RESTRICTED_ATTR = "${name}"\n`).join(""),
  );
  const env = {
    ...site.env,
    PATH: process.env["PATH"] ?? "",
    VMCATCHER_ONE_HTTP: await serve(t, (_request, response) => response.end('{"alive":true}\n')),
  };
  const envFile = join(site.directory, "vmcatcher-one.env");
  await writeFile(envFile, `VMCATCHER_ONE_HOME=${home}\n`);
  const cronFile = join(site.directory, "cron.d", "vmcatcher");
  await mkdir(join(site.directory, "cron.d"));
  const places: Places = {
    cron: [join(site.directory, "cron.d")],
    vmcatcherUser: undefined,
    cache: undefined,
    onedUser: userInfo().username,
    onedConf,
    envFile,
  };
  const cronVariables = {
    PATH: `${site.vmcatcher.binDirectory}:/usr/bin:/bin`,
    VMCATCHER_CACHE_EVENT: hook,
    VMCATCHER_CACHE_DIR_CACHE: site.vmcatcher.cacheDirectory,
    VMCATCHER_ONE_HOME: home,
  };
  const cron: Installation["cron"] = async (variables, user = userInfo().username) => {
    const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
    await writeFile(
      cronFile,
      `# images\n${lines.join("\n")}\n50 */6 * * *  ${user}  vmcatcher_subscribe -U; vmcatcher_cache\n`,
    );
  };
  await cron(cronVariables);

  const doctor: Installation["doctor"] = async (question = {}) => {
    const { now, only, version } = question;
    const examination = createExamination({
      env: { ...env, ...question.env },
      queueNames: Object.keys(steps),
      places: { ...places, ...question.places },
      nodeVersion: question.nodeVersion ?? process.versions.node,
      inContainer: question.inContainer ?? false,
      ...(now === undefined ? {} : { now: () => now }),
    });
    const asked = checks.filter(({ name }) => only === undefined || only.includes(name));
    assert.ok(asked.length > 0, `there is no check ${only?.join()}`);
    try {
      const answers =
        version === undefined
          ? examination.answers
          : { ...examination.answers, version: () => Promise.resolve(version) };
      const { findings } = await examine(asked, { ...examination, answers });
      return { findings, text: doctorText(findings) };
    } finally {
      await examination.close();
    }
  };
  return {
    site,
    env,
    places,
    cronFile,
    hook,
    cron,
    cronVariables,
    doctor,
    tells: async (check, { severity, seen, fix }, question = {}) => {
      const { findings, text } = await doctor({ ...question, only: [check] });
      const told = findings.find(
        (finding) => finding.severity === severity && seen.test(finding.seen),
      );
      assert.ok(told !== undefined, text);
      assert.equal(told.check, check);
      assert.ok(text.includes(`  ${check}`), text);
      if (fix !== undefined) {
        assert.match("fix" in told ? told.fix : "", fix);
        assert.match(text, fix);
      }
    },
  };
}

/** A directory for a program that stands before the real one in PATH. @returns the PATH */
export async function fakeProgram(
  { site }: Installation,
  name: string,
  script: string,
): Promise<string> {
  const directory = join(site.directory, "fake-bin");
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  await writeFile(join(directory, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return directory;
}

const RESTRICTED = [
  "VMCATCHER_EVENT_DC_IDENTIFIER",
  "VMCATCHER_ONE_STATE",
  "VMCATCHER_ONE_EVENT_TIME",
  "VMCATCHER_ONE_CONFIRMED",
  "VMCATCHER_ONE_RESTORED",
  "VMCATCHER_ONE_REMEMBERED",
  "VMCATCHER_ONE_SUPERSEDED_BY",
];

/** An HTTP server until the test ends. @returns its address */
export async function serve(t: TestContext, answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => server.close());
  const address = server.address();
  assert.ok(typeof address === "object" && address !== null);
  return `127.0.0.1:${address.port}`;
}
