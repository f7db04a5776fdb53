// What the action encrypts, decrypted. The library is larger than the rest of the command line.
import { armor, Decrypter, identityToRecipient } from 'age-encryption';

/** Rejects with whatever the library throws. */
export function recipientOf(identity: string): Promise<string> {
  return identityToRecipient(identity);
}

/** Of an armored file. Rejects with whatever the library throws: its message says nothing of the text. */
export async function decryptFromAge(identities: string[], text: string): Promise<string> {
  const decrypter = new Decrypter();
  identities.forEach((identity) => decrypter.addIdentity(identity));
  return decrypter.decrypt(armor.decode(text), 'text');
}
