import { disk } from "./engine/modules/disk-operation.ts";
import type { Action, Schedule } from "./schedule.ts";
import type { Site } from "./site/site.ts";

/** Puts all actions of a schedule on the site's timeline. */
export function play(schedule: Schedule, site: Site): void {
  for (const { at, action } of schedule.actions) {
    site.timeline.after(at * 1000, () => {
      site.trace(() => `action ${JSON.stringify(action)}`);
      perform(action, site);
    });
  }
}

/** Everything that was taken away is there again, and stays. */
export function mendAll({ broker, frontEnd, datastore, faults, vmcatcher }: Site): void {
  faults.end();
  broker.down = false;
  frontEnd.start();
  frontEnd.thaw();
  datastore.full = false;
  disk.full = false;
  vmcatcher.isLocked = false;
}

function perform(action: Action, site: Site): void {
  const { vmcatcher, administrator, frontEnd, broker, datastore } = site;
  const identifier = "image" in action ? (site.identifiers[action.image] ?? "") : "";
  switch (action.kind) {
    case "endorse":
      return vmcatcher.endorse(identifier, action.version, action.form);
    case "subscribe":
    case "unsubscribe":
      return vmcatcher.subscribe(identifier, action.kind === "subscribe");
    case "drop":
      return vmcatcher.drop(identifier);
    case "lose index":
      return vmcatcher.loseIndex();
    case "run":
      return vmcatcher.run(
        action.failing === undefined ? undefined : site.identifiers[action.failing],
      );
    case "lock database":
      vmcatcher.isLocked = true;
      return later(site, action.seconds, () => (vmcatcher.isLocked = false));
    case "chown":
    case "chmod":
    case "enable":
    case "disable":
    case "rename":
    case "delete":
    case "start vm":
      return whenLive(site, () => administrator.act(identifier, action));
    case "end vms":
      return administrator.endVms();
    case "delete user":
      return administrator.deleteUser(action.user);
    case "limit user":
      return administrator.limitUser(action.user, action.images);
    case "kill oned":
      frontEnd.kill();
      return later(site, action.seconds, () => frontEnd.start());
    case "cut oned":
      frontEnd.refuseConnections();
      return later(site, action.seconds, () => frontEnd.start());
    case "freeze oned":
      frontEnd.freeze();
      return later(site, action.seconds, () => frontEnd.thaw());
    case "restart broker":
      return broker.restart();
    case "stop broker":
      broker.down = true;
      return later(site, action.seconds, () => {
        broker.restart();
        broker.down = false;
      });
    case "fill disk":
      disk.full = true;
      return later(site, action.seconds, () => (disk.full = false));
    case "fill datastore":
      datastore.full = true;
      return later(site, action.seconds, () => (datastore.full = false));
    case "kill process":
      return site.process(action.process)?.kill(action.seconds);
    case "stop process":
      return site.stopProcess(action.process, action.seconds);
    case "stall process":
      return site.process(action.process)?.stall(action.seconds);
  }
}

function later({ timeline }: Site, seconds: number, run: () => void): void {
  timeline.after(seconds * 1000, run);
}

/** The administrator waits for an image to be live, and gives up after some hours. */
function whenLive(site: Site, act: () => boolean, tries = 100): void {
  if (!act() && tries > 0) {
    later(site, WAIT_SECONDS, () => whenLive(site, act, tries - 1));
  }
}

const WAIT_SECONDS = 60;
