/** What is used of @cornerstonejs/codec-openjpeg, which comes without types. */
declare module "@cornerstonejs/codec-openjpeg/decodewasmjs" {
  export interface OpenJpegModule {
    readonly HEAP8: Int8Array;
    readonly J2KDecoder: new () => {
      /** Memory for so many bytes of a codestream. */
      getEncodedBuffer(bytes: number): Uint8Array;
      decode(): void;
      getDecodedBuffer(): Uint8ClampedArray<ArrayBuffer>;
      delete(): void;
    };
  }
  export default function openModule(options: {
    readonly print: (text: string) => void;
    readonly printErr: (text: string) => void;
  }): Promise<OpenJpegModule>;
}
