/** The synthetic numbers obey the rules of the true ones. INS, RPPS (Luhn) and FINESS. */
import t from 'tap'
import { identities, identityNamed } from '../../server/demo/identities.ts'
import { patients, practitioners, structures } from '../../server/demo/people.ts'
import { steps } from '../../server/demo/steps.ts'

/** Luhn: every second digit from the right, doubled. */
const luhn = (number: string): boolean =>
  [...number].reverse().reduce((sum, digit, n) => {
    const doubled = n % 2 === 0 ? Number(digit) : Number(digit) * 2
    return sum + (doubled > 9 ? doubled - 9 : doubled)
  }, 0) %
    10 ===
  0

for (const [name, { rpps }] of Object.entries(practitioners)) {
  t.test(`the RPPS of ${name} has 11 digits and a right key`, async t => t.ok(/^\d{11}$/.test(rpps) && luhn(rpps)))
}

for (const [name, { finess }] of Object.entries(structures)) {
  t.test(`the FINESS of ${name} has 9 characters and a right key`, async t =>
    t.ok(/^\d{9}$/.test(finess) && luhn(finess)),
  )
}

for (const [name, { ins, born, gender }] of Object.entries(patients)) {
  t.test(`the INS of ${name} agrees with the birth and ends with its key`, async t => {
    t.match(ins, /^\d{15}$/)
    t.equal(Number(ins.slice(13)), 97 - (Number(ins.slice(0, 13)) % 97))
    t.equal(ins.slice(0, 5), `${gender === 'male' ? 1 : 2}${born.slice(2, 4)}${born.slice(5, 7)}`)
  })
}

t.test('every identity has a name and a subject of its own', async t => {
  t.equal(new Set(identities.map(({ name }) => name)).size, identities.length)
  t.equal(new Set(identities.map(({ subject }) => subject)).size, identities.length)
})

t.test('a record is opened before a token of its holder is needed', async t => {
  const open = new Set<string>()
  for (const step of steps) {
    const patient = identityNamed(step.as)?.patient
    t.ok(identityNamed(step.as), step.as)
    t.ok(patient === null || patient === undefined || open.has(patient), step.file)
    if (step.opens) open.add(step.opens)
  }
})

t.test('numbers of people and structures are not given twice', async t => {
  const numbers = [
    ...Object.values(practitioners).map(({ rpps }) => rpps),
    ...Object.values(structures).map(({ finess }) => finess),
  ]
  t.equal(new Set(numbers).size, numbers.length)
})
