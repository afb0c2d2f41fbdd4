import { deflateSync } from 'node:zlib';

/** A PDF with one line of text on each page. */
export function pdfOf(...pages: readonly string[]): Buffer {
  return pdf(pages.map((text) => stream(`BT /F1 12 Tf 72 700 Td (${text}) Tj ET`)));
}

/** A small PDF that says "Hello", and whose one page unpacks to this many bytes. */
export function pdfBomb(bytes: number): Buffer {
  const unpacked = Buffer.alloc(bytes, ' ');
  unpacked.write('BT /F1 12 Tf 72 700 Td (Hello) Tj ET');
  const packed = deflateSync(unpacked, { level: 9 }).toString('latin1');
  return pdf([`<< /Length ${packed.length} /Filter /FlateDecode >>\nstream\n${packed}\nendstream`]);
}

const stream = (content: string) => `<< /Length ${content.length} >>\nstream\n${content}\nendstream`;

/** ISO 32000, annex H.3. */
function pdf(contents: readonly string[]): Buffer {
  const font = '<< /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >>';
  const objects = ['<< /Type /Catalog /Pages 2 0 R >>', ''];
  const kids: string[] = [];
  for (const content of contents) {
    const page = objects.length + 1;
    kids.push(`${page} 0 R`);
    objects.push(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents ${page + 1} 0 R /Resources ${font} >>`,
      content,
    );
  }
  objects[1] = `<< /Type /Pages /Kids [${kids.join(' ')}] /Count ${kids.length} >>`;
  let text = '%PDF-1.4\n';
  const offsets = objects.map((object, index) => {
    const offset = text.length;
    text += `${index + 1} 0 obj\n${object}\nendobj\n`;
    return `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const start = text.length;
  text += `xref\n0 ${objects.length + 1}\n0000000000 65535 f \n${offsets.join('')}`;
  text += `trailer\n<< /Size ${objects.length + 1} /Root 1 0 R >>\nstartxref\n${start}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}
