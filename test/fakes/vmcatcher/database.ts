import { DatabaseSync } from "node:sqlite";
import type { Endorsed } from "./events.ts";
import { LIST_IDENTIFIER } from "./image-list.ts";

/** Writes vmcatcher's database anew: one subscription with its latest list. Tables and columns as in databaseDefinition.py of 0.6.3. */
export function saveDatabase(
  path: string,
  listed: ReadonlyMap<string, Endorsed>,
  subscribed: ReadonlySet<string>,
): void {
  const database = new DatabaseSync(path);
  try {
    database.exec(`BEGIN IMMEDIATE; ${TABLES}`);
    for (const table of ["subscription", "imageListInstance", "ImageDefinition", "ImageInstance"]) {
      database.exec(`DELETE FROM "${table}"`);
    }
    database
      .prepare(
        `INSERT INTO subscription VALUES (1, ?, 'a list', 'https://list.example.org', 1, 1, NULL, 0, 'user', 'secret')`,
      )
      .run(LIST_IDENTIFIER);
    database.exec(
      `INSERT INTO "imageListInstance" VALUES (1, 'the signed list', 'hash', NULL, 1, '2026-11-22 08:00:00.000000', '2026-11-22 08:00:00.000000', '2499-12-31 22:00:00.000000', '1')`,
    );
    const definition = database.prepare(`INSERT INTO "ImageDefinition" VALUES (?, ?, ?, ?, 1)`);
    const instance = database.prepare(
      `INSERT INTO "ImageInstance" VALUES (?, ?, 'KVM', ?, 'https://repository.example.org', 'Linux', '', 'x86_64', ?, ?, ?, '', ?, 1)`,
    );
    for (const [position, image] of [...listed.values()].entries()) {
      const id = position + 1;
      definition.run(id, image.identifier, id, subscribed.has(image.identifier) ? 1 : 0);
      instance.run(
        id,
        image.description ?? "",
        image.sha512,
        image.version,
        image.size,
        image.title,
        id,
      );
    }
    database.exec("COMMIT");
  } finally {
    database.close();
  }
}

const TABLES = `
  CREATE TABLE IF NOT EXISTS subscription (
    id INTEGER NOT NULL PRIMARY KEY, identifier VARCHAR(50) NOT NULL UNIQUE, description VARCHAR(200), uri VARCHAR(200) NOT NULL UNIQUE,
    authorised BOOLEAN NOT NULL, imagelist_latest INTEGER, updated DATETIME, "trustAnchor" INTEGER NOT NULL,
    "userName" VARCHAR(200) NOT NULL, password VARCHAR(200) NOT NULL);
  CREATE TABLE IF NOT EXISTS "imageListInstance" (
    id INTEGER NOT NULL PRIMARY KEY, data VARCHAR(1000) NOT NULL, data_hash VARCHAR(128) NOT NULL, expired DATETIME, sub_auth INTEGER,
    imported DATETIME NOT NULL, created DATETIME NOT NULL, expires DATETIME NOT NULL, version VARCHAR(50) NOT NULL);
  CREATE TABLE IF NOT EXISTS "ImageDefinition" (
    id INTEGER NOT NULL PRIMARY KEY, identifier VARCHAR(50) NOT NULL UNIQUE, latest INTEGER, cache INTEGER NOT NULL, subscription INTEGER);
  CREATE TABLE IF NOT EXISTS "ImageInstance" (
    id INTEGER NOT NULL PRIMARY KEY, description VARCHAR(50) NOT NULL, hypervisor VARCHAR(50) NOT NULL, sha512 VARCHAR(128) NOT NULL,
    uri VARCHAR(128) NOT NULL, os VARCHAR(50) NOT NULL, osversion VARCHAR(50) NOT NULL, arch VARCHAR(50) NOT NULL,
    version VARCHAR(50) NOT NULL, size INTEGER NOT NULL, title VARCHAR(100) NOT NULL, comments VARCHAR(100),
    "fkIdentifier" INTEGER, fkimagelistinstance INTEGER);`;
