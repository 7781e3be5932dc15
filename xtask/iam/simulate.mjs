// Decisions of @cloud-copilot/iam-simulate for `beside_tools.py`: node simulate.mjs MODULES FILE ROUNDS
// MODULES is the directory node_modules. The rows of FILE are those that partywall reads.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'

const [modules, file, rounds] = process.argv.slice(2)
const { runSimulation } = createRequire(resolve(modules, 'x.js'))('@cloud-copilot/iam-simulate')
const named = (policies) => (policies ?? []).map((policy, number) => ({ name: `p${number}`, policy }))
const simulations = readFileSync(file, 'utf8').trim().split('\n').map((line) => {
  const { request, policies } = JSON.parse(line)
  return {
    request: {
      principal: request.principal,
      action: request.action,
      resource: { resource: request.resource, accountId: request.resourceAccount },
      contextVariables: request.context
    },
    identityPolicies: named(policies.identity),
    resourcePolicy: policies.resource[0],
    permissionBoundaryPolicies: policies.boundary ? named(policies.boundary) : undefined,
    serviceControlPolicies: (policies.scp ?? []).map((level, number) => ({ orgIdentifier: `l${number}`, policies: named(level) })),
    resourceControlPolicies: []
  }
})

const round = async () => {
  const answers = []
  for (const simulation of simulations) {
    const found = await runSimulation(simulation, {})
    answers.push(found.resultType === 'error' ? `error: ${JSON.stringify(found.errors)}` : found.overallResult)
  }
  return answers
}
let answers = await round()
const start = process.cpuUsage()
for (let number = 0; number < Number(rounds); number++) answers = await round()
const { user, system } = process.cpuUsage(start)
console.log(JSON.stringify({ cpu: (user + system) / 1e6, answers }))
