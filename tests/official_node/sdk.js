// A release on both clouds by the unmodified official Node SDKs; prints what it saw.
// node sdk.js URL ACCESS_KEY_ID ACCESS_KEY_SECRET ZIP

"use strict";

const fs = require("node:fs");
const dcdn = require("@alicloud/dcdn20180115");
const esa = require("@alicloud/esa20240910");
const { $OpenApiUtil } = require("@alicloud/openapi-core");

const NAME = "node-sdk";
const CODE = 'export default { fetch: () => new Response("from the official SDK") };\n';

function configured(url, accessKeyId, accessKeySecret) {
  const { protocol, host } = new URL(url);
  return new $OpenApiUtil.Config({
    accessKeyId,
    accessKeySecret,
    endpoint: host,
    protocol: protocol.replace(":", ""),
  });
}

async function post(form, content) {
  const { Url, XOssSecurityToken, Policy, Key, ...fields } = form;
  const body = new FormData();
  Object.entries({ ...fields, "x-oss-security-token": XOssSecurityToken })
    .forEach(([name, value]) => body.append(name, value));
  if (Policy) {
    body.append("policy", Policy);
    body.append("key", Key);
  }
  body.append("file", new Blob([content]), "index.js");
  return (await fetch(Url, { method: "POST", body })).status;
}

async function releaseOnEsa(client, zip) {
  const seen = {};
  const ask = async (method, type, fields) =>
    (await client[method](new esa[type](fields))).body;

  seen.created = (await ask("createRoutine", "CreateRoutineRequest", { name: NAME })).status;
  const form = await ask("getRoutineStagingCodeUploadInfo", "GetRoutineStagingCodeUploadInfoRequest",
    { name: NAME, codeDescription: "one" });
  seen.uploads = [await post(form.ossPostConfig, CODE)];
  const first = (await ask("commitRoutineStagingCode", "CommitRoutineStagingCodeRequest",
    { name: NAME, codeDescription: "one" })).codeVersion;
  const reserved = await ask("createRoutineWithAssetsCodeVersion", "CreateRoutineWithAssetsCodeVersionRequest",
    { name: NAME, codeDescription: "two", confOptions: { notFoundStrategy: "SinglePageApplication" } });
  seen.uploads.push(await post(reserved.ossPostConfig.toMap(), fs.readFileSync(zip)));
  const second = reserved.codeVersion;
  const code = await ask("getRoutineCodeVersion", "GetRoutineCodeVersionRequest",
    { name: NAME, codeVersion: first });
  seen.sameCode = Buffer.from(code.routineCode, "base64").toString() === CODE;
  const rows = await ask("listRoutineCodeVersions", "ListRoutineCodeVersionsRequest",
    { name: NAME, pageNumber: 1, pageSize: 20 });
  seen.listed = rows.codeVersions.map((row) => row.codeDescription);
  for (const shares of [{ [first]: 80, [second]: 20 }, { [second]: 100 }]) {
    await ask("createRoutineCodeDeployment", "CreateRoutineCodeDeploymentRequest", {
      name: NAME,
      env: "production",
      strategy: "percentage",
      codeVersions: Object.entries(shares)
        .map(([codeVersion, percentage]) => ({ codeVersion, percentage })),
    });
  }
  const routine = await ask("getRoutine", "GetRoutineRequest", { name: NAME });
  const production = routine.envs.find((held) => held.env === "production");
  seen.liveIsNew = production.codeDeploy.codeVersions[0].codeVersion === second;
  seen.deleted = (await ask("deleteRoutineCodeVersion", "DeleteRoutineCodeVersionRequest",
    { name: NAME, codeVersion: first })).status;
  seen.routines = (await ask("listUserRoutines", "ListUserRoutinesRequest", {})).routines
    .map((row) => row.routineName);
  seen.addresses = (await client.getRoutineStagingEnvIp()).body.IPV4;
  return seen;
}

async function releaseOnDcdn(client) {
  const seen = {};
  const ask = async (method, type, fields) =>
    (await client[method](new dcdn[type](fields))).body.content;

  seen.created = await ask("createRoutine", "CreateRoutineRequest",
    { name: NAME, envConf: { staging: { SpecName: "50ms" } } });
  const made = await ask("uploadRoutineCode", "UploadRoutineCodeRequest",
    { name: NAME, codeDescription: "one" });
  seen.upload = await post(made.OssPostConfig, CODE);
  const revision = made.CodeRevision;
  const read = await ask("describeRoutineCodeRevision", "DescribeRoutineCodeRevisionRequest",
    { name: NAME, selectCodeRevision: revision });
  seen.sameCode = Buffer.from(read.ErCode, "base64").toString() === CODE;
  await ask("publishRoutineCodeRevision", "PublishRoutineCodeRevisionRequest",
    { name: NAME, selectCodeRevision: revision, envs: ["production"] });
  const told = await ask("describeRoutine", "DescribeRoutineRequest", { name: NAME });
  seen.live = told.EnvConf.production.CodeRev === revision;
  try {
    await ask("deleteRoutineCodeRevision", "DeleteRoutineCodeRevisionRequest",
      { name: NAME, selectCodeRevision: revision });
  } catch (error) {
    seen.refused = error.code;
  }
  return seen;
}

async function main(url, id, secret, zip) {
  const config = configured(url, id, secret);
  console.log(JSON.stringify({
    esa: await releaseOnEsa(new esa.default(config), zip),
    dcdn: await releaseOnDcdn(new dcdn.default(config)),
  }));
}

main(...process.argv.slice(2));
