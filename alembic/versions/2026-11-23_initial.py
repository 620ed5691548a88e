"""initial

A migration must work with the code of the release before it, which still runs while this one is applied: add first,
fill in small steps, let a later release remove. Never lock a large table for long (add constraints NOT VALID, build
indexes CONCURRENTLY outside the transaction).
"""

from alembic import op
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

revision = '2026_11_23_initial'
down_revision = None
branch_labels = None
depends_on = None


def _beginnings() -> None:
    # CACHE 1: a position handed to a session and not used yet would come out of order.
    op.execute("CREATE SEQUENCE changes_seq AS bigint CACHE 1")
    op.create_table('beats',
    sa.Column('role', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('detail', postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.PrimaryKeyConstraint('role', 'name', name=op.f('pk_beats'))
    )
    op.create_table('hosts',
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('free_at', sa.DateTime(timezone=True), server_default=sa.text("'epoch'"), nullable=False),
    sa.PrimaryKeyConstraint('host', name=op.f('pk_hosts'))
    )
    op.create_table('rulebooks',
    sa.Column('version', sa.Text(), nullable=False),
    sa.Column('texts', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('labels', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.Column('message', sa.Text(), nullable=False),
    sa.Column('author', sa.Text(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('active', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.PrimaryKeyConstraint('version', name=op.f('pk_rulebooks'))
    )
    op.create_index('ix_rulebooks_active', 'rulebooks', ['active'], unique=True, postgresql_where=sa.text('active'))
    op.create_table('sources',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('key', sa.Text(), nullable=False),
    sa.Column('name', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=True),
    sa.Column('country', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sources')),
    sa.UniqueConstraint('key', name=op.f('uq_sources_key'))
    )
    op.create_table('stream_state',
    sa.Column('id', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('epoch', sa.Text(), nullable=False),
    sa.Column('floor', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.CheckConstraint('id = 1', name=op.f('ck_stream_state_one_row')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stream_state'))
    )


def _feeds() -> None:
    op.create_table('feeds',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('host', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('site_url', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('region_hint', sa.Text(), nullable=True),
    sa.Column('topic_hint', sa.Text(), nullable=True),
    sa.Column('folders', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('format', sa.Text(), nullable=True),
    sa.Column('added_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('paused_reason', sa.Text(), nullable=True),
    sa.Column('next_check_at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('interval_s', sa.BigInteger(), server_default=sa.text('3600'), nullable=False),
    sa.Column('lease_until', sa.DateTime(timezone=True), server_default=sa.text("'epoch'"), nullable=False),
    sa.Column('lease_token', sa.Text(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('etag', sa.Text(), nullable=True),
    sa.Column('last_modified', sa.Text(), nullable=True),
    sa.Column('body_hash', sa.Text(), nullable=True),
    sa.Column('window', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('checked_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ok_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('failures', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('error_kind', sa.Text(), nullable=True),
    sa.Column('error', sa.Text(), nullable=True),
    sa.CheckConstraint('interval_s > 0', name=op.f('ck_feeds_interval_positive')),
    sa.ForeignKeyConstraint(['host'], ['hosts.host'], name=op.f('fk_feeds_host_hosts')),
    sa.ForeignKeyConstraint(['source_id'], ['sources.id'], name=op.f('fk_feeds_source_id_sources')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_feeds')),
    sa.UniqueConstraint('url', name=op.f('uq_feeds_url'))
    )
    op.create_index('ix_feeds_due', 'feeds', ['next_check_at'], unique=False, postgresql_where=sa.text('paused_reason IS NULL'))
    op.create_index(op.f('ix_feeds_host'), 'feeds', ['host'], unique=False)
    op.create_index(op.f('ix_feeds_source_id'), 'feeds', ['source_id'], unique=False)


def _articles() -> None:
    op.create_table('articles',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('feed_id', sa.BigInteger(), nullable=True),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('title', sa.Text(), nullable=False),
    sa.Column('teaser', sa.Text(), nullable=False),
    sa.Column('text', sa.Text(), nullable=False),
    sa.Column('html', sa.Text(), nullable=False),
    sa.Column('authors', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('tags', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('image', sa.Text(), nullable=True),
    sa.Column('language', sa.Text(), nullable=True),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('published_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('date_guessed', sa.Boolean(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('updated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sort_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.BigInteger(), server_default=sa.text('1'), nullable=False),
    sa.Column('duplicate_of', sa.BigInteger(), nullable=True),
    sa.Column('waiting_since', sa.DateTime(timezone=True), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), server_default=sa.text("'epoch'"), nullable=False),
    sa.Column('lease_token', sa.Text(), nullable=True),
    sa.Column('attempts', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('quarantined', sa.Text(), nullable=True),
    sa.Column('listed', sa.Boolean(), server_default=sa.text('false'), nullable=False),
    sa.Column('published_revision', sa.BigInteger(), server_default=sa.text('0'), nullable=False),
    sa.Column('rulebook_version', sa.Text(), nullable=True),
    sa.Column('region', sa.Text(), nullable=True),
    sa.Column('regions', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('topics', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('places', sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
    sa.Column('verdict', postgresql.JSONB(astext_type=sa.Text()), nullable=True),
    sa.Column('search', postgresql.TSVECTOR(), sa.Computed("to_tsvector('simple', title || ' ' || text)", persisted=True), nullable=False),
    sa.CheckConstraint('duplicate_of <> id', name=op.f('ck_articles_duplicate_of_another')),
    sa.CheckConstraint('duplicate_of IS NULL OR NOT listed', name=op.f('ck_articles_duplicate_hidden')),
    sa.CheckConstraint('revision > 0', name=op.f('ck_articles_revision_positive')),
    sa.ForeignKeyConstraint(['duplicate_of'], ['articles.id'], name=op.f('fk_articles_duplicate_of_articles')),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_articles_feed_id_feeds'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['source_id'], ['sources.id'], name=op.f('fk_articles_source_id_sources')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_articles'))
    )
    op.create_index('ix_articles_duplicate_of', 'articles', ['duplicate_of'], unique=False, postgresql_where=sa.text('duplicate_of IS NOT NULL'))
    op.create_index(op.f('ix_articles_feed_id'), 'articles', ['feed_id'], unique=False)
    op.create_index('ix_articles_latest', 'articles', [sa.literal_column('sort_at DESC'), sa.literal_column('id DESC')], unique=False, postgresql_where=sa.text('listed'))
    op.create_index('ix_articles_search', 'articles', ['search'], unique=False, postgresql_using='gin')
    op.create_index(op.f('ix_articles_source_id'), 'articles', ['source_id'], unique=False)
    op.create_index('ix_articles_waiting', 'articles', ['id'], unique=False, postgresql_where=sa.text('waiting_since IS NOT NULL AND quarantined IS NULL'))


def _what_hangs_on_them() -> None:
    op.create_table('fetches',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('feed_id', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('elapsed_ms', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.BigInteger(), nullable=True),
    sa.Column('outcome', sa.Text(), nullable=False),
    sa.Column('error', sa.Text(), nullable=True),
    sa.Column('bytes', sa.BigInteger(), nullable=False),
    sa.Column('brought', postgresql.JSONB(astext_type=sa.Text()), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_fetches_feed_id_feeds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_fetches'))
    )
    op.create_index('ix_fetches_feed_id_at', 'fetches', ['feed_id', 'at'], unique=False)
    op.create_table('gaps',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('feed_id', sa.BigInteger(), nullable=False),
    sa.Column('from_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('to_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('window', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_gaps_feed_id_feeds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_gaps'))
    )
    op.create_index(op.f('ix_gaps_feed_id'), 'gaps', ['feed_id'], unique=False)
    op.create_table('article_labels',
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('label', sa.Text(), nullable=False),
    sa.Column('sort_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_labels_article_id_articles'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('article_id', 'label', name=op.f('pk_article_labels'))
    )
    op.create_index('ix_article_labels_latest', 'article_labels', ['label', sa.literal_column('sort_at DESC'), sa.literal_column('article_id DESC')], unique=False)
    op.create_table('article_urls',
    sa.Column('url_key', sa.Text(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_article_urls_article_id_articles'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('url_key', name=op.f('pk_article_urls'))
    )
    op.create_index(op.f('ix_article_urls_article_id'), 'article_urls', ['article_id'], unique=False)
    op.create_table('changes',
    sa.Column('seq', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('change', sa.Text(), nullable=False),
    sa.Column('revision', sa.BigInteger(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), server_default=sa.text('now()'), nullable=False),
    sa.Column('labels_before', sa.ARRAY(sa.Text()), nullable=False),
    sa.Column('labels_after', sa.ARRAY(sa.Text()), nullable=False),
    sa.CheckConstraint("change IN ('added', 'updated', 'moved', 'merged', 'removed')", name=op.f('ck_changes_change_known')),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_changes_article_id_articles')),
    sa.PrimaryKeyConstraint('seq', name=op.f('pk_changes'))
    )
    op.create_index('ix_changes_article_id', 'changes', ['article_id'], unique=False)


def _sightings() -> None:
    op.create_table('sightings',
    sa.Column('id', sa.BigInteger(), sa.Identity(always=False), nullable=False),
    sa.Column('feed_id', sa.BigInteger(), nullable=False),
    sa.Column('guid', sa.Text(), nullable=False),
    sa.Column('url', sa.Text(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('content_hash', sa.LargeBinary(), nullable=False),
    sa.Column('first_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('last_seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_sightings_article_id_articles'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['feed_id'], ['feeds.id'], name=op.f('fk_sightings_feed_id_feeds'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sightings')),
    sa.UniqueConstraint('feed_id', 'guid', name=op.f('uq_sightings_feed_id_guid'))
    )
    op.create_index(op.f('ix_sightings_article_id'), 'sightings', ['article_id'], unique=False)
    op.create_table('text_keys',
    sa.Column('text_key', sa.LargeBinary(), nullable=False),
    sa.Column('article_id', sa.BigInteger(), nullable=False),
    sa.Column('seen_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['article_id'], ['articles.id'], name=op.f('fk_text_keys_article_id_articles'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('text_key', name=op.f('pk_text_keys'))
    )
    op.create_index(op.f('ix_text_keys_article_id'), 'text_keys', ['article_id'], unique=False)
    op.execute("INSERT INTO stream_state (id, epoch) VALUES (1, replace(gen_random_uuid()::text, '-', ''))")


def upgrade() -> None:
    _beginnings()
    _feeds()
    _articles()
    _what_hangs_on_them()
    _sightings()


def downgrade() -> None:
    op.drop_index(op.f('ix_text_keys_article_id'), table_name='text_keys')
    op.drop_table('text_keys')
    op.drop_index(op.f('ix_sightings_article_id'), table_name='sightings')
    op.drop_table('sightings')
    op.drop_index('ix_changes_article_id', table_name='changes')
    op.drop_table('changes')
    op.drop_index(op.f('ix_article_urls_article_id'), table_name='article_urls')
    op.drop_table('article_urls')
    op.drop_index('ix_article_labels_latest', table_name='article_labels')
    op.drop_table('article_labels')
    op.drop_index(op.f('ix_gaps_feed_id'), table_name='gaps')
    op.drop_table('gaps')
    op.drop_index('ix_fetches_feed_id_at', table_name='fetches')
    op.drop_table('fetches')
    op.drop_index('ix_articles_waiting', table_name='articles', postgresql_where=sa.text('waiting_since IS NOT NULL AND quarantined IS NULL'))
    op.drop_index(op.f('ix_articles_source_id'), table_name='articles')
    op.drop_index('ix_articles_search', table_name='articles', postgresql_using='gin')
    op.drop_index('ix_articles_latest', table_name='articles', postgresql_where=sa.text('listed'))
    op.drop_index(op.f('ix_articles_feed_id'), table_name='articles')
    op.drop_index('ix_articles_duplicate_of', table_name='articles', postgresql_where=sa.text('duplicate_of IS NOT NULL'))
    op.drop_table('articles')
    op.drop_index(op.f('ix_feeds_source_id'), table_name='feeds')
    op.drop_index(op.f('ix_feeds_host'), table_name='feeds')
    op.drop_index('ix_feeds_due', table_name='feeds', postgresql_where=sa.text('paused_reason IS NULL'))
    op.drop_table('feeds')
    op.drop_table('stream_state')
    op.drop_table('sources')
    op.drop_index('ix_rulebooks_active', table_name='rulebooks', postgresql_where=sa.text('active'))
    op.drop_table('rulebooks')
    op.drop_table('hosts')
    op.drop_table('beats')
    op.execute("DROP SEQUENCE changes_seq")
