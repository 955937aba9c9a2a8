/** What notices say: no type of document, no speciality, no name. The record has the details, behind its own doors. */
import type { Notice } from '../../security/notices.ts'
import type { Language, Message } from './message.ts'

type Wording = Readonly<Record<Language, string>>

const subjects: Readonly<Record<Notice['to'], Wording>> = {
  patient: { fr: 'Votre dossier médical partagé', en: 'Your shared medical record' },
  treating: { fr: "Dossier médical partagé d'un de vos patients", en: 'Shared medical record of one of your patients' },
}

/** `{when}` is the day and the hour. */
const texts: Readonly<Record<Notice['topic'], Wording>> = {
  'first-access': {
    fr: 'Un professionnel a consulté votre dossier médical partagé pour la première fois le {when}. Les traces de votre dossier en donnent le détail.',
    en: 'A professional opened your shared medical record for the first time on {when}. The access log of your record has the details.',
  },
  'emergency-access': {
    fr: 'Votre dossier médical partagé a été consulté en urgence le {when}. Les traces de votre dossier en donnent le détail.',
    en: 'Your shared medical record was opened in an emergency on {when}. The access log of your record has the details.',
  },
  access: {
    fr: 'Votre dossier médical partagé a été consulté le {when}. Les traces de votre dossier en donnent le détail.',
    en: 'Your shared medical record was opened on {when}. The access log of your record has the details.',
  },
  deposit: {
    fr: 'Votre dossier médical partagé a été complété le {when}.',
    en: 'Something was added to your shared medical record on {when}.',
  },
  'unannounced-document': {
    fr: 'Nous vous invitons à prendre contact avec un professionnel qui vous suit.',
    en: 'Please get in touch with a professional who cares for you.',
  },
}

const toTreating: Wording = {
  fr: "Le dossier médical partagé d'un de vos patients a été consulté en urgence le {when}. Le détail se trouve dans le dossier.",
  en: 'The shared medical record of one of your patients was opened in an emergency on {when}. The record has the details.',
}

const locales: Readonly<Record<Language, string>> = { fr: 'fr-FR', en: 'en-GB' }

/** @returns the notice in the words of a language; instants are told in the time zone of the record. */
export function wordsOf(
  { topic, to, at }: Pick<Notice, 'topic' | 'to' | 'at'>,
  { language, zone }: { readonly language: Language; readonly zone: string },
): Pick<Message, 'subject' | 'text' | 'language'> {
  const format = new Intl.DateTimeFormat(locales[language], {
    ...{ dateStyle: 'long', timeStyle: 'short', timeZone: zone },
  })
  const wording = to === 'treating' ? toTreating : texts[topic]
  return { language, subject: subjects[to][language], text: wording[language].replace('{when}', format.format(at)) }
}

/** @returns the language that the tags name first, French where it is neither. */
export const languageOf = (tags: readonly string[]): Language =>
  tags
    .find(tag => /^(fr|en)(-|$)/i.test(tag))
    ?.toLowerCase()
    .startsWith('en') === true
    ? 'en'
    : 'fr'
