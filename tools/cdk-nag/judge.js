// Judges CloudFormation templates with cdk-nag's AwsSolutions and Serverless packs: `node judge.js NAME=FILE...` prints
// [{"template","rule","resource","message"}]. It judges and nothing else: it changes no template and leaves no finding out.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");
const { createRequire } = require("module");

// The packages are installed under target/tools, beside no source of ours.
const installed = createRequire(path.join(process.env.CDK_NAG_HOME || process.cwd(), "package.json"));
const { App, Stack } = installed("aws-cdk-lib");
const { CfnInclude } = installed("aws-cdk-lib/cloudformation-include");
const { AwsSolutionsChecks, ServerlessChecks } = installed("cdk-nag");

function judge(name, file) {
  const app = new App({ outdir: fs.mkdtempSync(path.join(os.tmpdir(), "cdk-nag-")) });
  const stack = new Stack(app, "Judged");
  new CfnInclude(stack, "Template", { templateFile: file });
  const findings = [];
  for (const pack of [new AwsSolutionsChecks(app), new ServerlessChecks(app)]) {
    const report = pack.validateScope(app);
    for (const violation of report.violations) {
      const resources = violation.violatingResources || violation.violatingConstructs || [];
      for (const resource of resources) {
        const id = resource.resourceLogicalId || String(resource.constructPath || "").split("/").pop();
        findings.push({ template: name, rule: violation.ruleName, resource: id, message: violation.description });
      }
    }
  }
  return findings;
}

const findings = process.argv.slice(2).flatMap((argument) => {
  const [name, file] = argument.split("=");
  return judge(name, file);
});
process.stdout.write(JSON.stringify(findings, null, 1) + "\n");
