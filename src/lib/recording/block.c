/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* block.c - block headers, checksums and compression. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>
#include <zstd.h>

#include "lib/recording/block.h"

/* A non-ASCII byte and a newline detect files that were damaged by a transfer in text mode. */
static const uint8_t file_magic[8] = {0x89, 'C', 'G', 'W', 'R', 'E', 'C', '\n'};
static const uint8_t block_magic[4] = {0xc6, 'w', 'B', 0x1a};

#define COMPRESSION_LEVEL 3

/* CRC-32C with the processor's instruction: a recording that is read has many MiB. */
#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t checksum_sse42(const uint8_t *at, size_t length)
{
	uint64_t crc = UINT32_MAX, word;

	for (; length >= sizeof(word); at += sizeof(word), length -= sizeof(word)) {
		memcpy(&word, at, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	for (; length > 0; at++, length--)
		crc = __builtin_ia32_crc32qi((uint32_t)crc, *at);
	return ~(uint32_t)crc;
}
#endif

/* Otherwise four bits at a time: a table of 16 entries is fast enough to write a recording. */
uint32_t checksum_by_table(const void *data, size_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3,
		0x61c69362, 0x7198540d, 0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9,
		0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const uint8_t *at = data;
	uint32_t crc = ~UINT32_C(0);

	for (size_t i = 0; i < length; i++) {
		crc ^= at[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

uint32_t checksum(const void *data, size_t length)
{
#ifdef __x86_64__
	if (__builtin_cpu_supports("sse4.2"))
		return checksum_sse42(data, length);
#endif
	return checksum_by_table(data, length);
}

/* FNV-1a: only distinguishes texts, no protection against collisions. */
uint64_t hash_text(const char *text)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		hash = (hash ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return hash;
}

void file_header_store(const struct file_header *header, uint8_t *to)
{
	memset(to, 0, FILE_HINT_OFFSET);
	memcpy(to, file_magic, sizeof(file_magic));
	store_le(to + 8, header->version, 4);
	store_le(to + 12, FILE_HEADER_BYTES, 4);
	store_le(to + 16, header->created_ns, 8);
	store_le(to + 24, header->sequence, 8);
	store_le(to + 60, checksum(to, 60), 4);
}

int file_header_load(const uint8_t *from, size_t length, struct file_header *ret_header)
{
	if (length < FILE_HEADER_BYTES || memcmp(from, file_magic, sizeof(file_magic)) != 0)
		return -EBADMSG;
	if (load_le(from + 60, 4) != checksum(from, 60))
		return -EBADMSG;
	*ret_header = (struct file_header){
		.version = (uint32_t)load_le(from + 8, 4),
		.created_ns = load_le(from + 16, 8),
		.sequence = load_le(from + 24, 8),
	};
	if (ret_header->version != RECORDING_VERSION)
		return -EPROTONOSUPPORT;
	return load_le(from + 12, 4) == FILE_HEADER_BYTES ? 0 : -EBADMSG;
}

void file_hint_store(const struct file_hint *hint, uint8_t *to)
{
	memset(to, 0, FILE_HEADER_BYTES - FILE_HINT_OFFSET);
	store_le(to, hint->start, 8);
	store_le(to + 8, hint->index, 8);
	store_le(to + 60, checksum(to, 60), 4);
}

int file_hint_load(const uint8_t *from, struct file_hint *ret_hint)
{
	if (load_le(from + 60, 4) != checksum(from, 60))
		return -EBADMSG;
	*ret_hint = (struct file_hint){load_le(from, 8), load_le(from + 8, 8)};
	return ret_hint->start >= FILE_HEADER_BYTES ? 0 : -EBADMSG;
}

void block_header_store(const struct block_header *header, uint8_t *to)
{
	memcpy(to, block_magic, sizeof(block_magic));
	to[4] = header->kind;
	to[5] = header->flags;
	store_le(to + 6, header->events, 2);
	store_le(to + 8, header->stored_bytes, 4);
	store_le(to + 12, header->raw_bytes, 4);
	store_le(to + 16, header->sequence, 8);
	store_le(to + 24, header->realtime_ns, 8);
	store_le(to + 32, header->boottime_ns, 8);
	store_le(to + 40, header->boot, 8);
	store_le(to + 48, header->checksum, 4);
	store_le(to + 52, checksum(to, 52), 4);
}

int block_header_load(const uint8_t *from, struct block_header *ret_header)
{
	struct block_header header;

	if (memcmp(from, block_magic, sizeof(block_magic)) != 0 ||
	    load_le(from + 52, 4) != checksum(from, 52))
		return -EBADMSG;
	header = (struct block_header){
		.kind = from[4],
		.flags = from[5],
		.events = (uint16_t)load_le(from + 6, 2),
		.stored_bytes = (uint32_t)load_le(from + 8, 4),
		.raw_bytes = (uint32_t)load_le(from + 12, 4),
		.sequence = load_le(from + 16, 8),
		.realtime_ns = load_le(from + 24, 8),
		.boottime_ns = load_le(from + 32, 8),
		.boot = load_le(from + 40, 8),
		.checksum = (uint32_t)load_le(from + 48, 4),
	};
	if (header.raw_bytes > BLOCK_RAW_MAX || header.stored_bytes > BLOCK_RAW_MAX)
		return -EBADMSG;
	*ret_header = header;
	return 0;
}

struct packer {
	ZSTD_CCtx *compressor;
	ZSTD_DCtx *decompressor;
	struct bytes bytes;
};

int packer_new(struct packer **ret_packer)
{
	struct packer *packer = calloc(1, sizeof(*packer));

	if (packer == NULL)
		return -ENOMEM;
	*ret_packer = packer;
	return 0;
}

struct packer *packer_free(struct packer *packer)
{
	if (packer == NULL)
		return NULL;
	ZSTD_freeCCtx(packer->compressor);
	ZSTD_freeDCtx(packer->decompressor);
	bytes_done(&packer->bytes);
	free(packer);
	return NULL;
}

int packer_pack(struct packer *packer, struct block_header *header, const struct bytes *payload,
		const uint8_t **ret_block, size_t *ret_length)
{
	size_t bound = ZSTD_compressBound(payload->length), packed;
	uint8_t *to;

	if (payload->failed)
		return -ENOMEM;
	if (payload->length > BLOCK_RAW_MAX)
		return -EFBIG;
	if (packer->compressor == NULL)
		packer->compressor = ZSTD_createCCtx();
	packer->bytes.length = 0;
	to = bytes_reserve(&packer->bytes, BLOCK_HEADER_BYTES + bound);
	if (packer->compressor == NULL || to == NULL)
		return -ENOMEM;
	packed = ZSTD_compressCCtx(packer->compressor, to + BLOCK_HEADER_BYTES, bound,
				   payload->data, payload->length, COMPRESSION_LEVEL);
	if (ZSTD_isError(packed))
		return -ENOMEM; /* the buffer is large enough: only memory can be missing */
	header->flags |= BLOCK_ZSTD;
	header->raw_bytes = (uint32_t)payload->length;
	header->stored_bytes = (uint32_t)packed;
	header->checksum = checksum(to + BLOCK_HEADER_BYTES, packed);
	block_header_store(header, to);
	*ret_block = to;
	*ret_length = BLOCK_HEADER_BYTES + packed;
	return 0;
}

int packer_unpack(struct packer *packer, const struct block_header *header, const uint8_t *stored,
		  struct cursor *ret_payload)
{
	uint8_t *to;
	size_t length;

	if (checksum(stored, header->stored_bytes) != header->checksum)
		return -EBADMSG;
	if (!(header->flags & BLOCK_ZSTD)) {
		*ret_payload = (struct cursor){stored, stored + header->stored_bytes, false};
		return header->raw_bytes == header->stored_bytes ? 0 : -EBADMSG;
	}
	if (ZSTD_getFrameContentSize(stored, header->stored_bytes) != header->raw_bytes)
		return -EBADMSG;
	if (packer->decompressor == NULL)
		packer->decompressor = ZSTD_createDCtx();
	packer->bytes.length = 0;
	to = bytes_reserve(&packer->bytes, header->raw_bytes + (size_t)1);
	if (packer->decompressor == NULL || to == NULL)
		return -ENOMEM;
	length = ZSTD_decompressDCtx(packer->decompressor, to, header->raw_bytes, stored,
				     header->stored_bytes);
	if (ZSTD_isError(length) || length != header->raw_bytes)
		return -EBADMSG;
	*ret_payload = (struct cursor){to, to + length, false};
	return 0;
}

ssize_t read_whole_at(int fd, void *buffer, size_t size, uint64_t offset)
{
	size_t done = 0;

	while (done < size) {
		ssize_t length =
			pread(fd, (char *)buffer + done, size - done, (off_t)(offset + done));

		if (length < 0 && errno == EINTR)
			continue;
		if (length < 0)
			return -errno;
		if (length == 0)
			break;
		done += (size_t)length;
	}
	return (ssize_t)done;
}

int write_whole_at(int fd, const void *data, size_t length, uint64_t offset)
{
	size_t done = 0;

	while (done < length) {
		ssize_t written = pwrite(fd, (const char *)data + done, length - done,
					 (off_t)(offset + done));

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return written < 0 ? -errno : -EIO;
		done += (size_t)written;
	}
	return 0;
}
