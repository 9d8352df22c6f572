/* SPDX-License-Identifier: MIT */
/* Building messages and taking them apart. */
#include <keel/call.h>
#include <keel/errno.h>
#include <keel/syscalls.h>
#include <string.h>

void keel_builder_begin(keel_builder_t *builder, void *bytes, size_t room, size_t reserved)
{
    builder->bytes = bytes;
    builder->room = room;
    builder->handle_count = 0;
    builder->err = reserved > room ? -ENOSPC : 0;
    builder->size = builder->err == 0 ? reserved : 0;
    memset(bytes, 0, builder->size);
}

void keel_builder_add(keel_builder_t *builder, const void *bytes, size_t size)
{
    if (size > builder->room - builder->size) {
        builder->err = -ENOSPC;
        return;
    }
    memcpy(builder->bytes + builder->size, bytes, size);
    builder->size += size;
}

void keel_builder_add_u32(keel_builder_t *builder, uint32_t value)
{
    keel_builder_add(builder, &value, sizeof(value));
}

void keel_builder_add_u64(keel_builder_t *builder, uint64_t value)
{
    keel_builder_add(builder, &value, sizeof(value));
}

void keel_builder_add_text(keel_builder_t *builder, const char *text)
{
    keel_builder_add(builder, text, strlen(text) + 1);
}

void keel_builder_add_handle(keel_builder_t *builder, keel_handle_t handle)
{
    if (builder->handle_count == KEEL_CHANNEL_MAX_MSG_HANDLES) {
        builder->err = -ENOSPC;
        (void)keel_handle_close(handle);
        return;
    }
    builder->handles[builder->handle_count++] = handle;
}

int keel_builder_write(keel_builder_t *builder, keel_handle_t channel)
{
    int err = builder->err;

    if (err == 0) {
        err = keel_channel_write(channel, 0, builder->bytes, builder->size, builder->handles,
                                 builder->handle_count);
    }
    if (err != 0) { /* they are the caller's still */
        (void)keel_handle_close_many(builder->handles, builder->handle_count);
    }
    return err;
}

void keel_reader_begin(keel_reader_t *reader, const void *bytes, size_t size,
                       const keel_handle_t *handles, uint32_t handle_count)
{
    *reader = (keel_reader_t){
        .bytes = bytes, .left = size, .handles = handles, .handles_left = handle_count};
}

const void *keel_reader_take(keel_reader_t *reader, size_t size)
{
    const char *at = reader->bytes;

    if (size > reader->left) {
        reader->err = -EPROTO;
        return NULL;
    }
    reader->bytes += size;
    reader->left -= size;
    return at;
}

uint32_t keel_reader_take_u32(keel_reader_t *reader)
{
    uint32_t value = 0;
    const void *at = keel_reader_take(reader, sizeof(value));

    if (at) {
        memcpy(&value, at, sizeof(value));
    }
    return value;
}

uint64_t keel_reader_take_u64(keel_reader_t *reader)
{
    uint64_t value = 0;
    const void *at = keel_reader_take(reader, sizeof(value));

    if (at) {
        memcpy(&value, at, sizeof(value));
    }
    return value;
}

const char *keel_reader_take_text(keel_reader_t *reader)
{
    size_t length = reader->left != 0 ? strnlen(reader->bytes, reader->left) : 0;
    const char *text = keel_reader_take(reader, length + 1);

    return text ? text : "";
}

keel_handle_t keel_reader_take_handle(keel_reader_t *reader)
{
    if (reader->handles_left == 0) {
        reader->err = -EPROTO;
        return KEEL_HANDLE_INVALID;
    }
    reader->handles_left--;
    return *reader->handles++;
}

int keel_reader_end(keel_reader_t *reader)
{
    if (reader->left != 0 || reader->handles_left != 0) {
        reader->err = -EPROTO;
    }
    (void)keel_handle_close_many(reader->handles, reader->handles_left);
    reader->handles_left = 0;
    return reader->err;
}
