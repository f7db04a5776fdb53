// A file of its own, which only a migration loads.
import { armor, Encrypter } from 'age-encryption';

/** Encrypts a text to an X25519 recipient, armored. Rejects if the recipient's checksum is wrong. */
export async function encryptToAge(recipient: string, text: string): Promise<string> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(text));
}
