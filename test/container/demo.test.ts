import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { createProject } from "./docker.ts";

const files = ["compose.yaml", "compose.demo.yaml"];
const generations = [
  { name: "docker compose", command: ["docker", "compose"] },
  { name: "docker-compose", command: ["docker-compose"] }, // 1.29 on Debian 12
] as const;

describe("infra/compose.demo.yaml", { timeout: 180_000 }, () => {
  for (const [index, { name, command }] of generations.entries()) {
    it(`tells the story with ${name} up, and leaves nothing behind`, async () => {
      const project = createProject(`demo${index}`, { command, files });
      try {
        const told = await project.compose("up", "--exit-code-from", "publisher");
        assert.match(told, /All as told\./);
      } finally {
        assert.deepEqual(await project.down(), []);
      }
    });
  }
});
